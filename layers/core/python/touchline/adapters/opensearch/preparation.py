"""Makes the search store ready: templates, new fields of existing days, and, where it has users, roles and mappings."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from opensearchpy import OpenSearch
from opensearchpy.exceptions import TransportError

from touchline.adapters.opensearch.attributed_templates import (
    CONVERSIONS,
    MEMBERSHIPS,
    conversion_template,
    membership_template,
)
from touchline.adapters.opensearch.client import as_our_errors
from touchline.adapters.opensearch.roles import ROLES
from touchline.adapters.opensearch.templates import EVENTS, REJECTED, event_template, rejected_template

SECURITY: Final = "/_plugins/_security/api"
# What a store without the security plugin answers to its paths.
NO_SUCH_PATH: Final = frozenset({400, 404, 405})

type Fields = Mapping[str, Any]


class SearchPreparation:
    """Every step may be done again, and changes nothing that is as it should be."""

    def __init__(self, client: OpenSearch) -> None:
        self._client = client

    def put_templates(self, shards: int, replicas: int) -> None:
        templates = {
            EVENTS: event_template(shards, replicas),
            REJECTED: rejected_template(replicas),
            CONVERSIONS: conversion_template(replicas),
            MEMBERSHIPS: membership_template(replicas),
        }
        for family, template in templates.items():
            self._ask("PUT", f"/_index_template/{family}", template)
            self._add_new_fields(template["index_patterns"][0], template["template"]["mappings"]["properties"])

    def has_users(self) -> bool:
        """Whether the store knows users and roles (its security plugin answers)."""
        try:
            self._ask("GET", f"{SECURITY}/roles")
        except TransportError as error:
            if error.status_code in NO_SUCH_PATH:
                return False
            raise
        return True

    def put_roles(self, holders: Mapping[str, Sequence[str]]) -> None:
        """`holders`: by role, the ARNs that have it, and no others."""
        for name, role in ROLES.items():
            self._ask("PUT", f"{SECURITY}/roles/{name}", role)
        for name, arns in holders.items():
            self._ask("PUT", f"{SECURITY}/rolesmapping/{name}", {"backend_roles": list(arns)})

    def _add_new_fields(self, pattern: str, wanted: Fields) -> None:
        """A template speaks to indices yet to come; fields that are new are added to the days that exist, too."""
        present = self._ask("GET", f"/{pattern}/_mapping?allow_no_indices=true&ignore_unavailable=true")
        for index, found in present.items():
            missing = missing_fields(wanted, found["mappings"].get("properties", {}))
            if missing:
                self._ask("PUT", f"/{index}/_mapping", {"properties": missing})

    def _ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        with as_our_errors():
            answer: dict[str, Any] = self._client.transport.perform_request(method, path, body=body)
        return answer


def missing_fields(wanted: Fields, present: Fields) -> dict[str, Any]:
    """What an existing mapping lacks. A field that is there stays: it cannot be changed without indexing anew."""
    missing: dict[str, Any] = {}
    for name, spec in wanted.items():
        if name not in present:
            missing[name] = spec
        elif "properties" in spec:
            inner = missing_fields(spec["properties"], present[name].get("properties", {}))
            if inner:
                missing[name] = {"properties": inner}
    return missing


def role_holders(
    *,
    query: Iterable[str],
    write: Iterable[str],
    manage: Iterable[str],
    maintain: Iterable[str],
    attribute: Iterable[str],
) -> dict[str, list[str]]:
    """Role mappings from the ARNs of our functions' roles."""
    return {
        "touchline_query_reader": list(query),
        "touchline_event_writer": list(write),
        "touchline_rejected_keeper": list(manage),
        "touchline_maintainer": list(maintain),
        "touchline_attributor": list(attribute),
    }
