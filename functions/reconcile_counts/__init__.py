"""Archive and index are compared by tenant, day and action, daily."""
