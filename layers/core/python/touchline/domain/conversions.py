"""What a person's events come to: conversions, with the touches before them and the credit of each.

Everything here follows from the set of a person's events and the goals alone: in whatever order they came, however
often, and however the work is split, the same documents come out.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Self

from touchline.domain.attribution import Credit, CreditRules, TouchPoint, credits
from touchline.domain.event_documents import DocumentIds
from touchline.domain.goals import FixedValue, Goal, actions_of
from touchline.domain.queries.criteria import Criterion
from touchline.domain.queries.matching import meets

type Document = dict[str, Any]

# A conversion is one document with a touch in each of its nested ones, of which the search store takes 10,000.
MOST_TOUCHES: Final = 1_000
TOUCH_PARTS: Final = ("object", "context", "resource", "properties")


@dataclass(frozen=True, slots=True)
class PersonEvent:
    """An event as it is indexed, with its `_id`."""

    id: str
    at: int  # epoch ms
    sequence: int
    action: str
    document: Document

    @classmethod
    def of(cls, document_id: str, document: Document) -> Self:
        return cls(document_id, document["@timestamp"], document["sequence"], document["action"], document)

    @property
    def actor(self) -> str:
        return str(self.document["actor"]["id"])

    def place(self) -> tuple[int, int, str]:
        """Where it stands among a person's events."""
        return self.at, self.sequence, self.id


@dataclass(frozen=True, slots=True)
class Placed:
    """A document and where it is written."""

    index: str
    id: str
    document: Document

    @property
    def place(self) -> tuple[str, str]:
        return self.index, self.id


@dataclass(frozen=True, slots=True)
class Conversion:
    goal: Goal
    event: PersonEvent


def in_order(events: Iterable[PersonEvent]) -> list[PersonEvent]:
    """By time, sequence and id; of an id that came on several days the one accepted first counts."""
    first: dict[str, PersonEvent] = {}
    for event in events:
        known = first.get(event.id)
        if known is None or (event.sequence, event.at) < (known.sequence, known.at):
            first[event.id] = event
    return sorted(first.values(), key=PersonEvent.place)


def by_place(events: Iterable[PersonEvent]) -> list[PersonEvent]:
    """All of them, in order."""
    return sorted(events, key=PersonEvent.place)


class Matcher:
    """Which goals an event is a conversion of; made once for many people."""

    def __init__(self, goals: Iterable[Goal]) -> None:
        self._by_action: dict[str, list[tuple[Goal, list[Criterion]]]] = {}
        for goal in goals:
            for action in goal.actions():
                possible = [one for one in goal.criteria if action in actions_of(one)]
                self._by_action.setdefault(action, []).append((goal, possible))

    def goals_of(self, event: PersonEvent) -> Iterator[Goal]:
        for goal, criteria in self._by_action.get(event.action, ()):
            if any(all(meets(event.document, one) for one in criterion) for criterion in criteria):
                yield goal


def conversions_of(
    matcher: Matcher, events: Sequence[PersonEvent], already: Collection[tuple[str, int]] = ()
) -> list[Conversion]:
    """Of one person's events in order. `already`: goals (id, version) that count once and did, before these events."""
    found: list[Conversion] = []
    counted = set(already)
    for event in events:
        for goal in matcher.goals_of(event):
            key = (goal.id, goal.version)
            if goal.counted == "once":
                if key in counted:
                    continue
                counted.add(key)
            found.append(Conversion(goal, event))
    return found


def touches_of(conversion: Conversion, events: Sequence[PersonEvent]) -> list[PersonEvent]:
    """The touches of a conversion among the person's events by place: 0 ≤ t − touch ≤ lookback, and before it in order,
    so that the conversion event itself is none. Of an id that came on several days only those within count, so that
    it does not matter what else was read."""
    goal, event = conversion.goal, conversion.event
    first = bisect_left(events, event.at - goal.lookback_ms, key=lambda one: one.at)
    end = bisect_left(events, event.place(), key=PersonEvent.place)
    return in_order(one for one in events[first:end] if one.action in goal.touch_actions and one.id != event.id)


def stored_touches(document: Document, before: int) -> list[PersonEvent]:
    """A conversion document's touches of the time before (epoch ms), as far as a touch tells of its event."""
    return [
        PersonEvent(
            one["event"],
            one["@timestamp"],
            one["sequence"],
            one["action"],
            {"actor": one.get("actor", {}), **{name: one[name] for name in TOUCH_PARTS if name in one}},
        )
        for one in document["touches"]
        if one["@timestamp"] < before
    ]


def conversion_place(tenant: str, conversion: Conversion) -> tuple[str, str]:
    """Index (of its UTC month) and id of its document."""
    goal, event = conversion.goal, conversion.event
    month = datetime.fromtimestamp(event.at // 1000, UTC)
    return f"conversions-{month:%Y.%m}", conversion_id(DocumentIds(tenant), goal.id, goal.version, event.id)


def conversion_id(ids: DocumentIds, goal: str, goal_version: int, event: str) -> str:
    """Of its document. `event`: the event's `_id`."""
    return ids.of(f"conversion\0{goal}\0{goal_version}\0{event}".encode())


def conversion_document(
    tenant: str,
    person: str,
    conversion: Conversion,
    touches: Sequence[PersonEvent],
    computed_at: int,
    *,
    known: int = 0,
) -> Placed:
    """`touches` in order; of more than MOST_TOUCHES the first and the latest are kept. `known`: how many there are,
    where `touches` may not be all of them."""
    goal, event = conversion.goal, conversion.event
    kept = touches if len(touches) <= MOST_TOUCHES else [touches[0], *touches[1 - MOST_TOUCHES :]]
    value = _value(goal, event)
    document: Document = {
        "tenant": tenant,
        "goal": goal.id,
        "goal_version": goal.version,
        "event": event.id,
        "person": person,
        "@timestamp": event.at,
        "sequence": event.sequence,
        "action": event.action,
        **_given("value", value),
        **_given("context", event.document.get("context")),
        "touch_count": len(kept),
        "touches_left_out": max(known, len(touches)) - len(kept),
        **({"first_touch_age_ms": event.at - touches[0].at} if touches else {}),
        "computed_at": computed_at,
        "touches": _credited(goal, event, kept, None if value is None else value["amount_e4"]),
    }
    return Placed(*conversion_place(tenant, conversion), document)


def _credited(goal: Goal, event: PersonEvent, touches: Sequence[PersonEvent], amount_e4: int | None) -> list[Document]:
    points = [
        TouchPoint(one.id, one.at, one.sequence, one.document.get("context", {}).get("channel")) for one in touches
    ]
    shares = credits(event.at, points, CreditRules(goal.half_life_ms, goal.direct_channels), amount_e4)
    return [_touch(touch, share) for touch, share in zip(touches, shares, strict=True)]


def _touch(touch: PersonEvent, share: Credit) -> Document:
    document = touch.document
    kind = document["actor"].get("type")
    parts: Document = {name: document[name] for name in TOUCH_PARTS if name in document}
    return {
        "event": touch.id,
        "@timestamp": touch.at,
        "sequence": touch.sequence,
        "action": touch.action,
        **({"actor": {"type": kind}} if kind is not None else {}),
        **parts,
        **share.document(),
    }


def _value(goal: Goal, event: PersonEvent) -> Document | None:
    match goal.value:
        case FixedValue(amount_e4, currency):
            return {"amount_e4": amount_e4, "currency": currency}
        case "event":
            return event.document.get("value")
        case _:
            return None


def _given(name: str, value: Any) -> Document:
    return {} if value is None else {name: value}
