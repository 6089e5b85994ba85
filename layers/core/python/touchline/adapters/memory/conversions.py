"""Attribution's stores in memory: people's events, conversion and membership documents, the queue."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from touchline.domain.conversions import PersonEvent, Placed
from touchline.domain.queries.ranges import TimeRange
from touchline.ports import ChangedPeople

type Document = dict[str, Any]


class MemoryPersonEvents:
    """`documents`: with their `_id`."""

    def __init__(self, documents: Iterable[Document] = ()) -> None:
        self.documents = list(documents)

    def of_actors(
        self,
        tenant: str,
        actors: Sequence[str],
        actions: Collection[str],
        span: TimeRange,
        most: int,
        asked: Collection[str] = (),
    ) -> list[PersonEvent] | None:
        found = self._found(tenant, actors, actions, span)
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
        found = sorted(self._found(tenant, actors, actions, span), key=PersonEvent.place)
        return found[:first] + found[max(0, len(found) - latest) :], len(found)

    def _found(
        self, tenant: str, actors: Sequence[str], actions: Collection[str], span: TimeRange
    ) -> list[PersonEvent]:
        wanted = set(actors)
        return [
            PersonEvent.of(one["_id"], _document(one))
            for one in self.documents
            if one["tenant"] == tenant
            and one["actor"]["id"] in wanted
            and one["action"] in actions
            and span.start <= one["@timestamp"] < span.end
        ]


def _document(one: Document) -> Document:
    document = {name: value for name, value in one.items() if name != "_id"}
    if "properties" in document:
        document["properties"] = sorted(set(document["properties"]))  # as the search store keeps them
    return document


class MemoryConversionStore:
    def __init__(self) -> None:
        self.documents: dict[tuple[str, str], Document] = {}
        self._versions: dict[tuple[str, str], int] = {}  # of what was deleted, too

    def of_people(self, tenant: str, people: Sequence[str], goals: Collection[str]) -> list[Placed]:
        wanted = set(people)
        return [
            Placed(*place, {name: value for name, value in document.items() if name != "touches"})
            for place, document in self.documents.items()
            if document["tenant"] == tenant and document["person"] in wanted and document.get("goal") in {None, *goals}
        ]

    def whole(self, places: Sequence[tuple[str, str]]) -> list[Placed]:
        return [Placed(*place, self.documents[place]) for place in places if place in self.documents]

    def write(self, documents: Sequence[Placed], gone: Sequence[Placed], computed_at: int) -> None:
        for one in documents:
            if self._is_new(one, computed_at):
                self.documents[one.place] = one.document
        for one in gone:
            if self._is_still(one) and self._is_new(one, computed_at):
                self.documents.pop(one.place, None)

    def forget_goal(self, tenant: str, goal_id: str) -> None:
        for place, document in list(self.documents.items()):
            if document["tenant"] == tenant and document.get("goal") == goal_id:
                del self.documents[place]

    def _is_still(self, one: Placed) -> bool:
        """Not another person's meanwhile."""
        return bool(self.documents.get(one.place, one.document)["person"] == one.document["person"])

    def _is_new(self, one: Placed, computed_at: int) -> bool:
        if computed_at < self._versions.get(one.place, 0):
            return False
        self._versions[one.place] = computed_at
        return True


class MemoryAttributionQueue:
    def __init__(self) -> None:
        self.sent: list[tuple[ChangedPeople, int | None]] = []

    def send(self, changed: ChangedPeople, *, seconds: int | None = None) -> None:
        self.sent.append((changed, seconds))
