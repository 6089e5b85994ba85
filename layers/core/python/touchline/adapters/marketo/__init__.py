"""Marketo's REST API: one instance, spoken to as its limits and its table of errors want it."""
