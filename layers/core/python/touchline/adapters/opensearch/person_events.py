"""People's events in OpenSearch."""

from collections.abc import Collection, Sequence
from typing import Any

from opensearchpy import OpenSearch

from touchline.adapters.opensearch.event_days import event_days
from touchline.adapters.opensearch.people import all_hits
from touchline.domain.conversions import PersonEvent
from touchline.domain.queries.ranges import TimeRange


class OpenSearchPersonEvents:
    def __init__(self, client: OpenSearch) -> None:
        self._client = client

    def of_actors(
        self, tenant: str, actors: Sequence[str], actions: Collection[str], span: TimeRange
    ) -> list[PersonEvent]:
        wanted = sorted(actions)

        def ask(some: Sequence[str], part: TimeRange) -> tuple[str, dict[str, Any]]:
            return event_days(part.start, part.end), {
                "query": {"bool": {"filter": _filters(tenant, some, wanted, part)}}
            }

        return [PersonEvent.of(hit["_id"], hit["_source"]) for hit in all_hits(self._client, actors, span, ask)]


def _filters(tenant: str, actors: Sequence[str], actions: Sequence[str], span: TimeRange) -> list[dict[str, Any]]:
    return [
        {"term": {"tenant": tenant}},
        {"terms": {"action": actions}},
        {"terms": {"actor.id": list(actors)}},
        {"range": {"@timestamp": {"gte": span.start, "lt": span.end, "format": "epoch_millis"}}},
    ]
