"""Exact counts of a day's events by tenant and action, page by page."""

from typing import Any, Final

from opensearchpy import OpenSearch

from touchline.adapters.opensearch.client import as_our_errors
from touchline.domain.archive import index_of_day

PAGE: Final = 1_000
BY: Final = ("tenant", "action")
# A day without an index has no events; a shard that does not answer must not look like that.
WHOLE: Final = {"ignore_unavailable": "true", "allow_no_indices": "true", "allow_partial_search_results": "false"}


class OpenSearchEventCounts:
    def __init__(self, client: OpenSearch) -> None:
        self._client = client

    def of_day(self, day: str, before: int) -> dict[tuple[str, str], int]:
        counts: dict[tuple[str, str], int] = {}
        after: dict[str, str] | None = None
        while True:
            page = self._page(index_of_day(day), before, after)
            counts |= {
                (found["key"]["tenant"], found["key"]["action"]): found["doc_count"] for found in page["buckets"]
            }
            after = page.get("after_key")
            if after is None:
                return counts

    def _page(self, index: str, before: int, after: dict[str, str] | None) -> dict[str, Any]:
        # `composite` counts exactly over any number of shards; `terms` would not.
        sources = [{name: {"terms": {"field": name}}} for name in BY]
        composite = {"size": PAGE, "sources": sources, **({"after": after} if after else {})}
        body = {
            "size": 0,
            "query": {"bool": {"filter": [{"range": {"sequence": {"lt": before}}}]}},
            "aggs": {"counts": {"composite": composite}},
        }
        with as_our_errors():
            answer = self._client.search(index=index, body=body, params=WHOLE)
        page: dict[str, Any] = answer.get("aggregations", {}).get("counts", {"buckets": []})
        return page
