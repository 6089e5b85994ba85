"""Wiring only: which construct lives in which stack, and what it is handed."""
