"""Rejected events kept in OpenSearch, `rejected-*`. The tenant filter is added in one place, `_query`."""

from collections.abc import Sequence
from typing import Any, Final

import orjson
from opensearchpy import OpenSearch

from touchline.adapters.opensearch.client import as_our_errors
from touchline.domain.rejected_events import RejectedCount, RejectedEvent, RejectedFilter
from touchline.errors import StoreUnavailable

INDICES: Final = "rejected-*"
ORIGINALS: Final = ["original", "original_base64"]
CODES: Final = 100  # more than there are
NEWEST_FIRST: Final = [{"sequence": {"order": "desc", "unmapped_type": "long"}}]
FIELDS: Final = 200  # clients name unknown fields themselves: what is rarer is counted without its name


class OpenSearchRejectedEvents:
    def __init__(self, client: OpenSearch) -> None:
        self._client = client

    def get(self, tenant: str, rejected_id: str) -> RejectedEvent | None:
        found = self.some(tenant, [rejected_id])
        return found[0] if found else None

    def some(self, tenant: str, rejected_ids: Sequence[str]) -> list[RejectedEvent]:
        by_id = {"ids": {"values": list(rejected_ids)}}
        query = _query(tenant, RejectedFilter(), by_id)
        return _events(self._search({"query": query, "size": len(rejected_ids), "sort": NEWEST_FIRST}))

    def page(
        self, tenant: str, wanted: RejectedFilter, *, limit: int, before: int | None, originals: bool = True
    ) -> list[RejectedEvent]:
        body: dict[str, Any] = {
            "query": _query(tenant, wanted),
            "size": limit,
            "sort": NEWEST_FIRST,
            "track_total_hits": False,
        }
        if before is not None:
            body["search_after"] = [before]
        if not originals:
            body["_source"] = {"excludes": ORIGINALS}
        return _events(self._search(body))

    def count(self, tenant: str, wanted: RejectedFilter, *, before: int | None = None) -> int:
        older = [] if before is None else [{"range": {"sequence": {"lt": before}}}]
        answer = self._search({"query": _query(tenant, wanted, *older), "size": 0, "track_total_hits": True})
        return int(answer["hits"]["total"]["value"])

    def summary(self, tenant: str, wanted: RejectedFilter) -> list[RejectedCount]:
        by_field = {"terms": {"field": "field", "size": FIELDS}}
        by_code = {"terms": {"field": "code", "size": CODES}, "aggs": {"fields": by_field}}
        answer = self._search({"query": _query(tenant, wanted), "size": 0, "aggs": {"codes": by_code}})
        codes = answer.get("aggregations", {}).get("codes", {}).get("buckets", [])
        counts = [count for code in codes for count in _counts(code)]
        return sorted(counts, key=lambda count: (-count.count, count.code, count.field or ""))

    def mark_replayed(self, replayed: Sequence[tuple[RejectedEvent, str]]) -> None:
        if not replayed:
            return
        body = b"".join([_update(rejected, event_id) for rejected, event_id in replayed])
        with as_our_errors():
            answer = self._client.transport.perform_request(
                "POST",
                "/_bulk",
                params={"refresh": "true", "filter_path": "items.update.status"},
                body=body,
                headers={"content-type": "application/x-ndjson"},
            )
        statuses = [item["update"]["status"] for item in answer.get("items", [])]
        failed = [status for status in statuses if status not in {200, 404}]  # 404: its retention ended meanwhile
        if failed or len(statuses) != len(replayed):
            raise StoreUnavailable(f"{len(failed)} of {len(replayed)} rejected events could not be marked as replayed.")

    def _search(self, body: dict[str, Any]) -> dict[str, Any]:
        with as_our_errors():
            answer: dict[str, Any] = self._client.search(
                index=INDICES, body=body, params={"ignore_unavailable": "true", "allow_no_indices": "true"}
            )
        if answer.get("timed_out") or answer["_shards"]["failed"]:
            raise StoreUnavailable("A part of the rejected events cannot be read.")
        return answer


def _query(tenant: str, wanted: RejectedFilter, *more: dict[str, Any]) -> dict[str, Any]:
    conditions: list[dict[str, Any]] = [{"term": {"tenant": tenant}}, *more]
    for name in ("code", "field", "state"):
        value = getattr(wanted, name)
        if value is not None:
            conditions.append({"term": {name: value}})
    bounds = {"gte": wanted.since, "lt": wanted.until}
    set_bounds = {name: bound for name, bound in bounds.items() if bound is not None}
    if set_bounds:
        conditions.append({"range": {"@timestamp": {**set_bounds, "format": "epoch_millis"}}})
    return {"bool": {"filter": conditions}}


def _events(answer: dict[str, Any]) -> list[RejectedEvent]:
    return [RejectedEvent(hit["_id"], hit["_index"], hit["_source"]) for hit in answer["hits"]["hits"]]


def _counts(code: dict[str, Any]) -> list[RejectedCount]:
    fields = [RejectedCount(code["key"], field["key"], field["doc_count"]) for field in code["fields"]["buckets"]]
    rest = code["doc_count"] - sum(count.count for count in fields)
    return [*fields, RejectedCount(code["key"], None, rest)] if rest else fields


def _update(rejected: RejectedEvent, event_id: str) -> bytes:
    action = {"update": {"_index": rejected.index, "_id": rejected.id, "retry_on_conflict": 3}}
    change = {"doc": {"state": "replayed", "replayed_as": event_id}}
    return orjson.dumps(action) + b"\n" + orjson.dumps(change) + b"\n"
