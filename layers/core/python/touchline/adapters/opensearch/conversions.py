"""Conversion and membership documents in OpenSearch, each with the time of its computing as its version."""

from collections.abc import Collection, Iterator, Sequence
from itertools import batched
from typing import Any, Final

import orjson
from opensearchpy import OpenSearch
from opensearchpy.exceptions import RequestError

from touchline.adapters.opensearch.bulk import LINES
from touchline.adapters.opensearch.client import as_our_errors
from touchline.adapters.opensearch.people import PARAMS, all_hits
from touchline.adapters.opensearch.stored_facts import FACTS_FROM_COLUMNS, FACTS_OF_SOURCE, facts_from_columns
from touchline.domain.conversions import Placed
from touchline.domain.event_times import LATEST_MS
from touchline.domain.memberships import MEMBERSHIPS
from touchline.domain.queries.ranges import TimeRange
from touchline.errors import StoreUnavailable

CONVERSIONS: Final = "conversions-*"
BOTH: Final = f"{CONVERSIONS},{MEMBERSHIPS}"
GOT_AT_ONCE: Final = 1_000
REQUEST_BYTES: Final = 5 * 1024 * 1024
ANSWER: Final = "errors,items.*.status,items.*.error.type,items.*.error.reason"
EVER: Final = TimeRange(0, LATEST_MS)
# Written now, gone already (a deletion of what was not there), or computed later by somebody else: all as it should be.
SETTLED: Final = frozenset({200, 201, 404, 409})


class OpenSearchConversionStore:
    def __init__(self, client: OpenSearch) -> None:
        self._client = client
        self._columns = True  # until they are refused: by memberships that were laid out when not all of it had one

    def of_people(self, tenant: str, people: Sequence[str], goals: Collection[str]) -> list[Placed]:
        if self._columns:
            try:
                hits = self._hits_of_people(tenant, people, goals, FACTS_FROM_COLUMNS)
                return facts_from_columns(tenant, hits)
            except RequestError:
                self._columns = False
        hits = self._hits_of_people(tenant, people, goals, FACTS_OF_SOURCE)
        return [Placed(hit["_index"], hit["_id"], hit["_source"]) for hit in hits]

    def _hits_of_people(
        self, tenant: str, people: Sequence[str], goals: Collection[str], shape: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        wanted = sorted(goals)

        def ask(some: Sequence[str], part: TimeRange) -> tuple[str, dict[str, Any]]:
            filters = [
                {"term": {"tenant": tenant}},
                {"terms": {"person": list(some)}},
                _goals_or_members(wanted),
                {"range": {"@timestamp": {"gte": part.start, "lt": part.end, "format": "epoch_millis"}}},
            ]
            return BOTH, {"query": {"bool": {"filter": filters}}, **shape}

        return all_hits(self._client, people, EVER, ask)

    def whole(self, places: Sequence[tuple[str, str]]) -> list[Placed]:
        found = self._get([{"_index": index, "_id": document_id} for index, document_id in places])
        return [Placed(one["_index"], one["_id"], one["_source"]) for one in found if one.get("found")]

    def write(self, documents: Sequence[Placed], gone: Sequence[Placed], computed_at: int) -> None:
        lines = [_index(one, computed_at) for one in documents]
        lines += [_delete(one, computed_at) for one in self._still(gone)]
        for body in _in_requests(lines):
            self._bulk(body)

    def forget_goal(self, tenant: str, goal_id: str) -> None:
        query = {"bool": {"filter": [{"term": {"tenant": tenant}}, {"term": {"goal": goal_id}}]}}
        params = {**PARAMS, "conflicts": "proceed", "wait_for_completion": "false"}
        del params["allow_partial_search_results"]
        with as_our_errors():
            self._client.transport.perform_request(
                "POST", f"/{BOTH}/_delete_by_query", params=params, body={"query": query}
            )

    def _still(self, gone: Sequence[Placed]) -> list[Placed]:
        """Without those that became another person's meanwhile: a search sees them only after a refresh."""
        found = self._get([{"_index": one.index, "_id": one.id, "_source": ["person"]} for one in gone])
        return [
            one
            for one, now in zip(gone, found, strict=True)
            if now.get("found") and now["_source"]["person"] == one.document["person"]
        ]

    def _get(self, wanted: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """An answer for each, in order."""
        found: list[dict[str, Any]] = []
        for some in batched(wanted, GOT_AT_ONCE, strict=False):
            with as_our_errors():
                found += self._client.transport.perform_request("POST", "/_mget", body={"docs": some})["docs"]
        return found

    def _bulk(self, body: bytes) -> None:
        with as_our_errors():
            answer = self._client.transport.perform_request(
                "POST", "/_bulk", params={"filter_path": ANSWER}, body=body, headers=LINES
            )
        if not answer.get("errors", True):
            return
        results = [next(iter(item.values())) for item in answer.get("items", ())]
        failed = [result for result in results if result["status"] not in SETTLED]
        if failed or not results:
            cause = failed[0].get("error", {}) if failed else {}
            raise StoreUnavailable(
                f"{len(failed)} of {len(results)} conversion documents were not taken: "
                f"{cause.get('type')} {cause.get('reason')}."
            )


def _goals_or_members(goals: Sequence[str]) -> dict[str, Any]:
    return {
        "bool": {
            "should": [{"terms": {"goal": goals}}, {"term": {"kind": "member"}}],
            "minimum_should_match": 1,
        }
    }


def _index(one: Placed, version: int) -> bytes:
    return b"".join((_action("index", one, version), orjson.dumps(one.document), b"\n"))


def _delete(one: Placed, version: int) -> bytes:
    return _action("delete", one, version)


def _action(name: str, one: Placed, version: int) -> bytes:
    return (
        f'{{"{name}":{{"_index":"{one.index}","_id":"{one.id}","version":{version},"version_type":"external_gte"}}}}\n'
    ).encode()


def _in_requests(lines: Sequence[bytes]) -> Iterator[bytes]:
    request: list[bytes] = []
    size = 0
    for line in lines:
        if request and size + len(line) > REQUEST_BYTES:
            yield b"".join(request)
            request, size = [], 0
        request.append(line)
        size += len(line)
    if request:
        yield b"".join(request)
