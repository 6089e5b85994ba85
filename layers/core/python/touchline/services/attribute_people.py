"""People's conversions and memberships computed anew from their events, and what is stored brought in line with it.

Doing it again changes nothing, and of two at once the one that read later wins.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched, chain
from typing import Any, Final

from touchline.domain.conversions import (
    Conversion,
    Matcher,
    PersonEvent,
    Placed,
    by_place,
    conversion_document,
    conversion_place,
    conversions_of,
    in_order,
    stored_touches,
    touches_of,
)
from touchline.domain.goals import ENTRY_ACTIONS, Goal
from touchline.domain.limits import FUTURE_MS
from touchline.domain.memberships import Entry, first_entries, membership_documents
from touchline.domain.queries.ranges import TimeRange
from touchline.errors import StoreUnavailable
from touchline.ports import ConversionStore, Identities, PersonEvents
from touchline.services.queue_people import MARGIN_MS
from touchline.services.read_touches import Due, Touched, with_touches

# People whose touches are read by one search, whose range is their windows together.
PEOPLE_A_SEARCH: Final = 200
# In memory at once, with at most a thousand touches each.
CONVERSIONS_AT_ONCE: Final = 50
WRITTEN_AT_ONCE: Final = 20_000  # documents and touches in them
# Goals' events and entries in memory at once, and of one person: no human has as many, a robot must not stop others.
MOST_EVENTS: Final = 40_000
MOST_OF_A_PERSON: Final = 10_000
# A delay that is shorter than this leaves no time to compute anything in.
LEAST_TIME_MS: Final = 8_000
# What may have changed since it was written; the rest of a membership follows from its id.
MEMBERSHIP_FACTS: Final = ("@timestamp", "event", "sequence", "converted_at")

type Place = tuple[str, str]  # index and id
type Past = Mapping[Place, dict[str, Any]]
type Rest = dict[str, int]


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
    clock: Callable[[], int] | None = None  # given: nothing is written that was read too long ago
    delay_ms: int = 0  # the attribution queue's
    most_touches: float = math.inf  # computed in one run, and a few more; the rest is told

    def check_age(self) -> None:
        """Raises StoreUnavailable. Whoever was told of what changed since `now` reads after the queue's delay, and must
        find what is written here: else a deletion that it knows of could be undone by what it never saw."""
        if self.clock is not None and self.clock() - self.now > max(self.delay_ms - MARGIN_MS, LEAST_TIME_MS):
            raise StoreUnavailable("It took too long: what was read may have changed meanwhile, and is read again.")


@dataclass(slots=True)
class Attributed:
    people: int = 0
    conversions: int = 0  # found; those written may be fewer
    written: int = 0  # documents
    deleted: int = 0
    ahead: dict[str, int] = field(default_factory=dict)  # person → time of its latest conversion, if yet to come
    rest: Rest = field(default_factory=dict)  # person → from when on its conversions are yet to be computed
    cut: int = 0  # people of whom only the first MOST_OF_A_PERSON events count

    def add(self, other: "Attributed") -> None:
        self.people += other.people
        self.conversions += other.conversions
        self.written += other.written
        self.deleted += other.deleted
        self.ahead |= other.ahead
        self.rest |= other.rest
        self.cut += other.cut


@dataclass(slots=True)
class Person:
    id: str
    actors: Sequence[str]  # the person's own id among them
    since: int = 0
    events: Sequence[PersonEvent] = ()  # goals' and entries, in order
    stored: list[Placed] = field(default_factory=list)
    conversions: list[Conversion] = field(default_factory=list)
    cut: bool = False


def attribute_people(parts: AttributionParts, task: Task, changed: Mapping[str, int]) -> Attributed:
    """`changed`: actor → time of its earliest event that changed (0: everything). Raises StoreUnavailable."""
    if not changed or not task.goals:
        return Attributed()
    return _attribute(parts, task, _people(parts.identities, task.tenant, changed))


def _attribute(parts: AttributionParts, task: Task, people: Sequence[Person]) -> Attributed:
    if not _read_events(parts.events, task, people):
        middle = len(people) // 2
        done = _attribute(parts, task, people[:middle])
        done.add(_attribute(parts, task, people[middle:]))
        return done
    _read_stored(parts.store, task, people)
    matcher = Matcher(task.goals)
    for person in people:
        person.conversions = conversions_of(matcher, person.events, _counted_before(person, task))
    return _bring_in_line(parts, task, people)


def enter_people(parts: AttributionParts, task: Task, people: Sequence[Person]) -> Attributed:
    """People none of whose events is a goal's; what is known of their entries is all that `task.now` knew of."""
    _read_stored(parts.store, task, people)
    return _bring_in_line(parts, task, people)


def _bring_in_line(parts: AttributionParts, task: Task, people: Sequence[Person]) -> Attributed:
    told = _told(people, task)
    members = {person.id: _members(person, task) for person in people}
    differing = (one for person in people for one in _differing(members[person.id], person.stored))
    fresh = chain(_fresh_conversions(parts, task, people, told.rest), differing)
    for some in _portions(fresh):
        task.check_age()
        parts.store.write(some, [], task.now)
        told.written += len(some)
    lasting = {conversion_place(task.tenant, one) for person in people for one in person.conversions}
    lasting |= {one.place for several in members.values() for one in several}
    gone = [one for person in people for one in person.stored if one.place not in lasting and not _is_past(one, task)]
    for few in batched(gone, WRITTEN_AT_ONCE, strict=False):
        task.check_age()
        parts.store.write([], few, task.now)
    told.deleted = len(gone)
    return told


def _portions(documents: Iterable[Placed]) -> Iterator[list[Placed]]:
    portion: list[Placed] = []
    size = 0
    for one in documents:
        portion.append(one)
        size += 1 + one.document.get("touch_count", 0)
        if size >= WRITTEN_AT_ONCE:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _people(identities: Identities, tenant: str, changed: Mapping[str, int]) -> list[Person]:
    person_of = identities.people(tenant, changed)
    since: dict[str, int] = {}
    for actor, at in changed.items():
        person = person_of.get(actor, actor)
        since[person] = min(at, since.get(person, at))
    members = identities.members(tenant, since)
    return [Person(person, members.get(person) or [person], at) for person, at in since.items()]


def _read_events(events: PersonEvents, task: Task, people: Sequence[Person]) -> bool:
    """False where they are too many to be read for all people at once."""
    by_actor = {actor: person.id for person in people for actor in person.actors}
    actions = {action for goal in task.goals for action in goal.actions()} | set(ENTRY_ACTIONS)
    span = TimeRange(task.kept_from, task.now + FUTURE_MS)
    asked = {one.field.name for goal in task.goals for criterion in goal.criteria for one in criterion}
    read = events.of_actors(task.tenant, list(by_actor), actions, span, MOST_EVENTS, asked)
    if read is None and len(people) > 1:
        return False
    if read is None:
        read, _ = events.ends_of(task.tenant, list(by_actor), actions, span, first=MOST_OF_A_PERSON, asked=asked)
        people[0].cut = True
    found: dict[str, list[PersonEvent]] = defaultdict(list)
    for event in read:
        found[by_actor[event.actor]].append(event)
    for person in people:
        theirs = in_order(found[person.id])
        person.events = theirs[:MOST_OF_A_PERSON]
        person.cut |= len(theirs) > MOST_OF_A_PERSON
    return True


def _read_stored(store: ConversionStore, task: Task, people: Sequence[Person]) -> None:
    by_actor = {actor: person for person in people for actor in person.actors}
    # Under the id of each actor, too: it may have been a person of its own before it was merged.
    for one in store.of_people(task.tenant, list(by_actor), {goal.id for goal in task.goals}):
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


def _counted_before(person: Person, task: Task) -> set[tuple[str, int]]:
    return {
        (one.document["goal"], one.document["goal_version"])
        for one in person.stored
        if "kind" not in one.document and _is_past(one, task)
    }


def _members(person: Person, task: Task) -> list[Placed]:
    past = [one for one in person.stored if "kind" in one.document and _is_past(one, task)]
    earlier = [Entry.stored(one.document) for one in past if one.document["kind"] == "member"]
    entries = first_entries(person.events, earlier)
    kept = {one.place for one in past}
    documents = membership_documents(task.tenant, person.id, entries, person.conversions, task.now)
    return [one for one in documents if one.place not in kept]


def _fresh_conversions(parts: AttributionParts, task: Task, people: Iterable[Person], rest: Rest) -> Iterator[Placed]:
    """Those that the change can reach, and those that are not stored; the others are as they were. `rest` gets those
    people whose later conversions were too much for one run, each with the time from which on they are left."""
    due = [Due(one.id, one.actors, conversions) for one in people if (conversions := _due(one, task))]
    # Windows that lie close together are read together: each search has a narrower range.
    due.sort(key=lambda one: one.conversions[0].event.at)
    done: Counter[str] = Counter()
    lots = batched(due, PEOPLE_A_SEARCH, strict=False)
    touched = chain.from_iterable(with_touches(parts.events, task.tenant, several) for several in lots)
    for some in batched(_within(task.most_touches, touched), CONVERSIONS_AT_ONCE, strict=False):
        past = _past_touches(parts.store, task, some)
        for one in some:
            done[one.person] += 1
            yield _document(task, one, past)
    left = {one.person: one.conversions[done[one.person] :] for one in due}
    rest |= {person: conversions[0].event.at for person, conversions in left.items() if conversions}


def _within(most: float, touched: Iterable[Touched]) -> Iterator[Touched]:
    """Until so many touches were read; of a person's moment all, so that what is left begins later each time."""
    read = 0
    last: tuple[str, int] | None = None
    for one in touched:
        place = one.person, one.conversion.event.at
        if read >= most and place != last:
            return
        last = place
        read += 1 + len(one.touches)
        yield one


def _past_touches(store: ConversionStore, task: Task, some: Iterable[Touched]) -> Past:
    """What is stored, of whomever, of conversions whose windows reach back into what has left the search store."""
    reaching = [
        one.conversion for one in some if one.conversion.event.at - one.conversion.goal.lookback_ms < task.kept_from
    ]
    places = [conversion_place(task.tenant, one) for one in reaching]
    return {one.place: one.document for one in store.whole(places)} if places else {}


def _document(task: Task, one: Touched, past: Past) -> Placed:
    before = past.get(conversion_place(task.tenant, one.conversion))
    touches, known = one.touches, one.known
    if before is not None:
        earlier = touches_of(one.conversion, by_place(stored_touches(before, task.kept_from)))
        touches = in_order([*earlier, *touches])
        left_out = before["touches_left_out"]
        known = max(known, left_out + before["touch_count"] if left_out else 0)
    return conversion_document(task.tenant, one.person, one.conversion, touches, task.now, known=known)


def _due(person: Person, task: Task) -> list[Conversion]:
    stored = {one.place for one in person.stored}
    return [
        one
        for one in person.conversions
        if one.event.at >= person.since or conversion_place(task.tenant, one) not in stored
    ]


def _differing(members: Iterable[Placed], stored: Iterable[Placed]) -> Iterator[Placed]:
    known = {one.place: one.document for one in stored}
    for one in members:
        before = known.get(one.place)
        if before is None or any(before.get(name) != one.document.get(name) for name in MEMBERSHIP_FACTS):
            yield one


def _told(people: Sequence[Person], task: Task) -> Attributed:
    """Whose touches may yet come: one that happens by a conversion's time and within the queue's delay is indexed
    without a message of its own."""
    return Attributed(
        people=len(people),
        conversions=sum(len(person.conversions) for person in people),
        ahead={person.id: at for person in people if (at := _latest(person)) > task.now - task.delay_ms},
        cut=sum(person.cut for person in people),
    )


def _latest(person: Person) -> int:
    return person.conversions[-1].event.at if person.conversions else 0
