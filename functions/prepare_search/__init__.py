"""Index templates, roles and role mappings, on every deployment."""
