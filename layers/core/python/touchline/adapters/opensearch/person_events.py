"""People's events in OpenSearch."""

from collections.abc import Collection, Sequence
from itertools import batched, islice
from typing import Any, Literal

from opensearchpy import OpenSearch

from touchline.adapters.opensearch.event_days import event_days
from touchline.adapters.opensearch.people import ACTORS_A_SEARCH, all_hits, search
from touchline.domain.conversions import PersonEvent
from touchline.domain.queries.ranges import TimeRange


class OpenSearchPersonEvents:
    def __init__(self, client: OpenSearch) -> None:
        self._client = client

    def of_actors(
        self, tenant: str, actors: Sequence[str], actions: Collection[str], span: TimeRange, most: int
    ) -> list[PersonEvent] | None:
        wanted = sorted(actions)

        def ask(some: Sequence[str], part: TimeRange) -> tuple[str, dict[str, Any]]:
            return event_days(part.start, part.end), {
                "query": {"bool": {"filter": _filters(tenant, some, wanted, part)}}
            }

        hits = islice(all_hits(self._client, actors, span, ask), most + 1)
        found = [_event(hit) for hit in hits]
        return found if len(found) <= most else None

    def ends_of(
        self,
        tenant: str,
        actors: Sequence[str],
        actions: Collection[str],
        span: TimeRange,
        *,
        first: int = 0,
        latest: int = 0,
    ) -> tuple[list[PersonEvent], int]:
        earliest: list[PersonEvent] = []
        newest: list[PersonEvent] = []
        count = 0
        for some in batched(actors, ACTORS_A_SEARCH, strict=False):
            query = {"bool": {"filter": _filters(tenant, some, sorted(actions), span)}}
            found, count_of_some = self._sorted(query, span, "asc", first)
            earliest += found
            newest += self._sorted(query, span, "desc", latest)[0] if latest else []
            count += count_of_some
        earliest.sort(key=PersonEvent.place)
        newest.sort(key=PersonEvent.place)
        return earliest[:first] + newest[max(0, len(newest) - latest) :], count

    def _sorted(
        self, query: dict[str, Any], span: TimeRange, order: Literal["asc", "desc"], size: int
    ) -> tuple[list[PersonEvent], int]:
        sort = [{"@timestamp": order}, {"sequence": order}]
        body = {"query": query, "sort": sort, "size": size, "track_total_hits": True}
        hits = search(self._client, event_days(span.start, span.end), body)
        return [_event(hit) for hit in hits["hits"]], hits["total"]["value"]


def _event(hit: dict[str, Any]) -> PersonEvent:
    return PersonEvent.of(hit["_id"], hit["_source"])


def _filters(tenant: str, actors: Sequence[str], actions: Sequence[str], span: TimeRange) -> list[dict[str, Any]]:
    return [
        {"term": {"tenant": tenant}},
        {"terms": {"action": actions}},
        {"terms": {"actor.id": list(actors)}},
        {"range": {"@timestamp": {"gte": span.start, "lt": span.end, "format": "epoch_millis"}}},
    ]
