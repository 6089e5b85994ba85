"""People's conversions and memberships computed anew from their events, and what is stored brought in line with it.

Doing it again changes nothing, and of two at once the one that read later wins.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched
from typing import Final

from touchline.domain.conversions import (
    Conversion,
    Matcher,
    PersonEvent,
    Placed,
    conversion_document,
    conversion_place,
    conversions_of,
    in_order,
    touches_of,
)
from touchline.domain.goals import ENTRY_ACTIONS, Goal
from touchline.domain.limits import FUTURE_MS
from touchline.domain.memberships import Entry, first_entries, membership_documents
from touchline.domain.queries.ranges import TimeRange
from touchline.ports import ConversionStore, Identities, PersonEvents

# People whose touches are read by one search, whose range is their windows together.
PEOPLE_A_SEARCH: Final = 200
# What may have changed since it was written; the rest of a membership follows from its id.
MEMBERSHIP_FACTS: Final = ("@timestamp", "event", "sequence", "converted_at")


@dataclass(frozen=True, slots=True)
class AttributionParts:
    identities: Identities
    events: PersonEvents
    store: ConversionStore


@dataclass(frozen=True, slots=True)
class Task:
    """Times in epoch ms."""

    tenant: str
    goals: Sequence[Goal]
    now: int  # taken before anything is read
    kept_from: int  # events before it have left the search store: what is stored of that time stays as it is


@dataclass(slots=True)
class Attributed:
    people: int = 0
    conversions: int = 0  # found; those written may be fewer
    written: int = 0  # documents
    deleted: int = 0
    ahead: dict[str, int] = field(default_factory=dict)  # person → time of its latest conversion, if yet to come

    def add(self, other: "Attributed") -> None:
        self.people += other.people
        self.conversions += other.conversions
        self.written += other.written
        self.deleted += other.deleted
        self.ahead |= other.ahead


@dataclass(slots=True)
class _Person:
    id: str
    actors: Sequence[str]
    since: int
    events: list[PersonEvent] = field(default_factory=list)  # goals' and entries, in order
    stored: list[Placed] = field(default_factory=list)
    conversions: list[Conversion] = field(default_factory=list)


def attribute_people(parts: AttributionParts, task: Task, changed: Mapping[str, int]) -> Attributed:
    """`changed`: actor → time of its earliest event that changed (0: everything). Raises StoreUnavailable."""
    if not changed or not task.goals:
        return Attributed()
    people = _people(parts.identities, task.tenant, changed)
    _read(parts, task, people, changed)
    matcher = Matcher(task.goals)
    for person in people:
        person.conversions = conversions_of(matcher, person.events, _counted_before(person, task))
    members = {person.id: _members(person, task) for person in people}
    fresh = list(_fresh_conversions(parts.events, task, people))
    fresh += [one for person in people for one in _differing(members[person.id], person.stored)]
    lasting = {conversion_place(task.tenant, one) for person in people for one in person.conversions}
    lasting |= {one.place for several in members.values() for one in several}
    gone = [one for person in people for one in person.stored if one.place not in lasting and not _is_past(one, task)]
    parts.store.write(fresh, gone, task.now)
    return _told(people, len(fresh), len(gone), task.now)


def _people(identities: Identities, tenant: str, changed: Mapping[str, int]) -> list[_Person]:
    person_of = identities.people(tenant, changed)
    since: dict[str, int] = {}
    for actor, at in changed.items():
        person = person_of.get(actor, actor)
        since[person] = min(at, since.get(person, at))
    members = identities.members(tenant, since)
    return [_Person(person, members.get(person) or [person], at) for person, at in since.items()]


def _read(parts: AttributionParts, task: Task, people: Sequence[_Person], changed: Mapping[str, int]) -> None:
    by_actor = {actor: person for person in people for actor in person.actors}
    actors = list(by_actor)
    actions = {action for goal in task.goals for action in goal.actions()} | set(ENTRY_ACTIONS)
    span = TimeRange(task.kept_from, task.now + FUTURE_MS)
    found: dict[str, list[PersonEvent]] = defaultdict(list)
    for event in parts.events.of_actors(task.tenant, actors, actions, span):
        found[by_actor[event.actor].id].append(event)
    for person in people:
        person.events = in_order(found[person.id])
    # Under the id of each actor, too: it may have been a person of its own before it was merged.
    for one in parts.store.of_people(task.tenant, actors, {goal.id for goal in task.goals}):
        if _is_current(one, task.goals):
            by_actor[one.document["person"]].stored.append(one)


def _is_current(one: Placed, goals: Iterable[Goal]) -> bool:
    """What belongs to none of the versions at work is not touched."""
    document = one.document
    return "goal" not in document or any(
        goal.id == document["goal"] and goal.version == document["goal_version"] for goal in goals
    )


def _is_past(one: Placed, task: Task) -> bool:
    """What it was made from has left the search store."""
    document = one.document
    happened = document["converted_at" if "converted_at" in document else "@timestamp"]
    return int(happened) < task.kept_from


def _counted_before(person: _Person, task: Task) -> set[tuple[str, int]]:
    return {
        (one.document["goal"], one.document["goal_version"])
        for one in person.stored
        if "kind" not in one.document and _is_past(one, task)
    }


def _members(person: _Person, task: Task) -> list[Placed]:
    past = [one for one in person.stored if "kind" in one.document and _is_past(one, task)]
    earlier = [Entry.stored(one.document) for one in past if one.document["kind"] == "member"]
    entries = first_entries(person.events, earlier)
    kept = {one.place for one in past}
    documents = membership_documents(task.tenant, person.id, entries, person.conversions, task.now)
    return [one for one in documents if one.place not in kept]


def _fresh_conversions(events: PersonEvents, task: Task, people: Iterable[_Person]) -> Iterator[Placed]:
    """Those that the change can reach, and those that are not stored; the others are as they were."""
    due = [(person, conversions) for person in people if (conversions := _due(person, task))]
    # Windows that lie close together are read together: each search has a narrower range.
    due.sort(key=lambda one: one[1][0].event.at)
    for several in batched(due, PEOPLE_A_SEARCH, strict=False):
        touches = _touches(events, task, several)
        for person, conversions in several:
            for one in conversions:
                yield conversion_document(task.tenant, person.id, one, touches_of(one, touches[person.id]), task.now)


def _due(person: _Person, task: Task) -> list[Conversion]:
    stored = {one.place for one in person.stored}
    return [
        one
        for one in person.conversions
        if one.event.at >= person.since or conversion_place(task.tenant, one) not in stored
    ]


def _touches(
    events: PersonEvents, task: Task, several: Sequence[tuple[_Person, Sequence[Conversion]]]
) -> dict[str, list[PersonEvent]]:
    """By person, in order."""
    conversions = [one for _, each in several for one in each]
    actions = {action for one in conversions for action in one.goal.touch_actions}
    start = min(one.event.at - one.goal.lookback_ms for one in conversions)
    end = max(one.event.at for one in conversions) + 1
    by_actor = {actor: person.id for person, _ in several for actor in person.actors}
    found: dict[str, list[PersonEvent]] = defaultdict(list)
    if actions:
        for event in events.of_actors(task.tenant, list(by_actor), actions, TimeRange(start, end)):
            found[by_actor[event.actor]].append(event)
    return defaultdict(list, {person: in_order(theirs) for person, theirs in found.items()})


def _differing(members: Iterable[Placed], stored: Iterable[Placed]) -> Iterator[Placed]:
    known = {one.place: one.document for one in stored}
    for one in members:
        before = known.get(one.place)
        if before is None or any(before.get(name) != one.document.get(name) for name in MEMBERSHIP_FACTS):
            yield one


def _told(people: Sequence[_Person], written: int, deleted: int, now: int) -> Attributed:
    return Attributed(
        people=len(people),
        conversions=sum(len(person.conversions) for person in people),
        written=written,
        deleted=deleted,
        ahead={person.id: at for person in people if (at := _latest(person)) > now},
    )


def _latest(person: _Person) -> int:
    return person.conversions[-1].event.at if person.conversions else 0
