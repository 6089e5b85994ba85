"""Marketo services as data: connections, what they may use, services on lists, and the executions that run them."""
