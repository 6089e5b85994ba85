"""People's events in OpenSearch."""

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from itertools import batched, islice
from typing import Any, Literal

from opensearchpy import OpenSearch
from opensearchpy.exceptions import RequestError

from touchline.adapters.opensearch.event_days import event_days
from touchline.adapters.opensearch.event_hits import FROM_COLUMNS, column_event, tells_all, whole_event
from touchline.adapters.opensearch.people import ACTORS_A_SEARCH, all_hits, search
from touchline.domain.conversions import PersonEvent
from touchline.domain.event_documents import DocumentIds
from touchline.domain.queries.ranges import TimeRange

type Body = dict[str, Any]
type FindHits = Callable[[Body], Iterable[dict[str, Any]]]  # by what of each event is wanted


class OpenSearchPersonEvents:
    def __init__(self, client: OpenSearch) -> None:
        self._client = client

    def of_actors(
        self,
        tenant: str,
        actors: Sequence[str],
        actions: Collection[str],
        span: TimeRange,
        most: int,
        asked: Collection[str] = (),
    ) -> list[PersonEvent] | None:
        wanted = sorted(actions)

        def hits(shape: Body) -> Iterable[dict[str, Any]]:
            def ask(some: Sequence[str], part: TimeRange) -> tuple[str, Body]:
                filters = _filters(tenant, some, wanted, part)
                return event_days(part.start, part.end), {"query": {"bool": {"filter": filters}}, **shape}

            return islice(all_hits(self._client, actors, span, ask), most + 1)

        found = _events(tenant, asked, hits)
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
        asked: Collection[str] = (),
    ) -> tuple[list[PersonEvent], int]:
        earliest: list[PersonEvent] = []
        newest: list[PersonEvent] = []
        count = 0
        for some in batched(actors, ACTORS_A_SEARCH, strict=False):
            query = {"bool": {"filter": _filters(tenant, some, sorted(actions), span)}}
            count += self._count(query, span)
            earliest += _events(tenant, asked, self._ends(query, span, "asc", first)) if first else []
            newest += _events(tenant, asked, self._ends(query, span, "desc", latest)) if latest else []
        earliest.sort(key=PersonEvent.place)
        newest.sort(key=PersonEvent.place)
        return earliest[:first] + newest[max(0, len(newest) - latest) :], count

    def _ends(self, query: Body, span: TimeRange, order: Literal["asc", "desc"], size: int) -> FindHits:
        sort = [{"@timestamp": order}, {"sequence": order}]

        def hits(shape: Body) -> Iterable[dict[str, Any]]:
            body = {"query": query, "sort": sort, "size": size, "track_total_hits": False, **shape}
            found: list[dict[str, Any]] = search(self._client, event_days(span.start, span.end), body)["hits"]
            return found

        return hits

    def _count(self, query: Body, span: TimeRange) -> int:
        body = {"query": query, "size": 0, "track_total_hits": True}
        return int(search(self._client, event_days(span.start, span.end), body)["total"]["value"])


def _events(tenant: str, asked: Collection[str], hits: FindHits) -> list[PersonEvent]:
    if tells_all(asked):
        ids = DocumentIds(tenant)
        with suppress(RequestError):  # refused where a day was laid out when ids had no column
            return [column_event(hit, ids) for hit in hits(FROM_COLUMNS)]
    return [whole_event(hit) for hit in hits({})]


def _filters(tenant: str, actors: Sequence[str], actions: Sequence[str], span: TimeRange) -> list[dict[str, Any]]:
    return [
        {"term": {"tenant": tenant}},
        {"terms": {"action": actions}},
        {"terms": {"actor.id": list(actors)}},
        {"range": {"@timestamp": {"gte": span.start, "lt": span.end, "format": "epoch_millis"}}},
    ]
