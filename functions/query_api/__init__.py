"""Answers out: everything that can be read about a tenant's events, and the API's own description."""
