"""The road from end to end: a tenant, thirty days of its events through the API, and questions about them."""
