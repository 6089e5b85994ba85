"""The reading side of the search store: no call of it writes, and no answer of it holds another tenant's events."""

from collections.abc import Mapping
from typing import Any, Final

from opensearchpy import OpenSearch

from touchline.adapters.opensearch.client import as_our_errors
from touchline.errors import StoreUnavailable

# A part of the shards must not pass for the whole: counts would silently be too low.
PARAMS: Final = {"allow_partial_search_results": "false", "ignore_unavailable": "true", "allow_no_indices": "true"}
# `suggest`, `aggregations` (a second name, which would go unchecked) and whatever else there may come are left out.
PARTS: Final = frozenset({"query", "aggs", "size", "sort", "search_after", "track_total_hits", "_source"})


class OpenSearchEventSearch:
    """Searches as one tenant. Only `_search` is ever requested."""

    def __init__(self, client: OpenSearch) -> None:
        self._search = client.search

    def search(self, tenant: str, index: str, body: Mapping[str, Any]) -> dict[str, Any]:
        with as_our_errors():
            answer: dict[str, Any] = self._search(index=index, body=only_of(tenant, body), params=dict(PARAMS))
        if answer.get("timed_out"):
            raise StoreUnavailable("The search store ran out of time. A shorter range or fewer rows may work.")
        return answer


def only_of(tenant: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The search limited to a tenant's documents.

    Raises ValueError for what would reach beyond the query: a `global` aggregation and a suggester ignore it.
    """
    if not body.keys() <= PARTS or _reaches_beyond(body.get("aggs")):
        raise ValueError("global aggregations and suggesters would see all tenants")
    asked = body.get("query", {"match_all": {}})
    return {**body, "query": {"bool": {"filter": [{"term": {"tenant": tenant}}, asked]}}}


def _reaches_beyond(aggregations: Any) -> bool:
    return isinstance(aggregations, dict) and any(
        "global" in one or "aggregations" in one or _reaches_beyond(one.get("aggs")) for one in aggregations.values()
    )
