"""Which modules answer for which part of the API."""

from importlib import import_module
from typing import Final

from local.marketo_simulator.routing import Route

ROUTE_MODULES: Final = (
    "leads_read",
    "leads_sync",
    "leads_write",
    "leads_merge",
    "describe",
    "lists",
    "memberships",
    "static_lists",
    "smart_lists",
    "folders",
    "campaigns",
    "usage",
    "bulk_extract",
    "bulk_import",
    "activities",
)


def all_routes() -> list[Route]:
    found: list[Route] = []
    for name in ROUTE_MODULES:
        found += import_module(f"local.marketo_simulator.{name}").routes.routes
    return found
