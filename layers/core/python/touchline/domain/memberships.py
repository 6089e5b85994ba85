"""Who came into a campaign, a journey or a segment, when first, and whether a goal followed: cohorts are made of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from touchline.domain.conversions import Conversion, PersonEvent, Placed
from touchline.domain.event_documents import DocumentIds
from touchline.domain.goals import ENTRY_ACTIONS, Goal

type Document = dict[str, Any]

MEMBERSHIPS: Final = "memberships"
DIMENSIONS: Final = ("campaign", "journey", "segment")


@dataclass(frozen=True, slots=True)
class Entry:
    """A person's first entry."""

    dimension: str
    value: str
    event: str  # the event's `_id`
    at: int
    sequence: int

    @classmethod
    def stored(cls, member: Document) -> "Entry":
        return cls(member["dimension"], member["value"], member["event"], member["@timestamp"], member["sequence"])


def first_entries(events: Iterable[PersonEvent], earlier: Iterable[Entry] = ()) -> list[Entry]:
    """One for each dimension and value, of one person's events in order; `earlier` entries come before all of them."""
    first = {(entry.dimension, entry.value): entry for entry in earlier}
    for event in events:
        if event.action in ENTRY_ACTIONS:
            for dimension, value in _entered(event):
                first.setdefault((dimension, value), Entry(dimension, value, event.id, event.at, event.sequence))
    return list(first.values())


def membership_documents(
    tenant: str, person: str, entries: Iterable[Entry], conversions: Sequence[Conversion], computed_at: int
) -> list[Placed]:
    """Each entry, and each goal's first conversion at or after it. `conversions`: this person's, in order."""
    documents = []
    by_goal: dict[tuple[str, int], tuple[Goal, list[PersonEvent]]] = {}
    for one in conversions:
        by_goal.setdefault((one.goal.id, one.goal.version), (one.goal, []))[1].append(one.event)
    for entry in entries:
        documents.append(_member(tenant, person, entry, computed_at))
        for goal, events in by_goal.values():
            followed = _converted(tenant, person, entry, goal, events, computed_at)
            if followed is not None:
                documents.append(followed)
    return documents


def membership_id(ids: DocumentIds, document: Document) -> str:
    """Of its document's `kind`, goal if any, dimension, value and person: one for each, whatever else it tells."""
    goal = (document["goal"], str(document["goal_version"])) if "goal" in document else ()
    return ids.of(
        "\0".join((document["kind"], *goal, document["dimension"], document["value"], document["person"])).encode()
    )


def _entered(event: PersonEvent) -> Iterator[tuple[str, str]]:
    context = event.document.get("context", {})
    return ((dimension, context[dimension]) for dimension in DIMENSIONS if dimension in context)


def _member(tenant: str, person: str, entry: Entry, computed_at: int) -> Placed:
    document: Document = {
        "kind": "member",
        "tenant": tenant,
        "dimension": entry.dimension,
        "value": entry.value,
        "person": person,
        "@timestamp": entry.at,
        "event": entry.event,
        "sequence": entry.sequence,
        "computed_at": computed_at,
    }
    return Placed(MEMBERSHIPS, membership_id(DocumentIds(tenant), document), document)


def _converted(
    tenant: str, person: str, entry: Entry, goal: Goal, events: Iterable[PersonEvent], computed_at: int
) -> Placed | None:
    """An event that is entry and conversion in one does not follow itself."""
    followed = next((one for one in events if one.at >= entry.at and one.id != entry.event), None)
    if followed is None:
        return None
    age = followed.at - entry.at
    if goal.conversion_window_ms is not None and age > goal.conversion_window_ms:
        return None
    document: Document = {
        "kind": "converted",
        "tenant": tenant,
        "goal": goal.id,
        "goal_version": goal.version,
        "dimension": entry.dimension,
        "value": entry.value,
        "person": person,
        "@timestamp": entry.at,
        "converted_at": followed.at,
        "age_ms": age,
        "computed_at": computed_at,
    }
    return Placed(MEMBERSHIPS, membership_id(DocumentIds(tenant), document), document)
