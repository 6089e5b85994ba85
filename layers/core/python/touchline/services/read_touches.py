"""Conversions with the touches before them, read for many people at once; of whom there is too much, one at a time."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from touchline.domain.conversions import MOST_TOUCHES, Conversion, PersonEvent, by_place, touches_of
from touchline.domain.queries.ranges import TimeRange
from touchline.ports import PersonEvents

# In memory at once: an event may have 32 KB, and most have less than one.
MOST_READ: Final = 20_000
# Events of a conversion's own moment that are no touches of it: it itself, and what came after it.
AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Due:
    """Conversions of one person to be computed, earliest first."""

    person: str
    actors: Sequence[str]
    conversions: Sequence[Conversion]


@dataclass(frozen=True, slots=True)
class Touched:
    person: str
    conversion: Conversion
    touches: list[PersonEvent]  # in order; of very many the first and the latest
    known: int  # how many there are


def with_touches(events: PersonEvents, tenant: str, several: Sequence[Due]) -> Iterator[Touched]:
    """Of one person after another. Raises StoreUnavailable."""
    found = _read(events, tenant, several)
    if found is not None:
        for due in several:
            for one in due.conversions:
                touches = touches_of(one, found[due.person])
                yield Touched(due.person, one, touches, len(touches))
    elif len(several) > 1:
        middle = len(several) // 2
        yield from with_touches(events, tenant, several[:middle])
        yield from with_touches(events, tenant, several[middle:])
    else:
        for one in several[0].conversions:
            yield _ends(events, tenant, several[0], one)


def _read(events: PersonEvents, tenant: str, several: Sequence[Due]) -> dict[str, list[PersonEvent]] | None:
    """By person, in order; None where they are too many."""
    conversions = [one for due in several for one in due.conversions]
    actions = {action for one in conversions for action in one.goal.touch_actions}
    start = min(one.event.at - one.goal.lookback_ms for one in conversions)
    end = max(one.event.at for one in conversions) + 1
    by_actor = {actor: due.person for due in several for actor in due.actors}
    span = TimeRange(start, end)
    read = events.of_actors(tenant, list(by_actor), actions, span, MOST_READ) if actions else []
    if read is None:
        return None
    found: dict[str, list[PersonEvent]] = defaultdict(list)
    for event in read:
        found[by_actor[event.actor]].append(event)
    return defaultdict(list, {person: by_place(theirs) for person, theirs in found.items()})


def _ends(events: PersonEvents, tenant: str, due: Due, one: Conversion) -> Touched:
    span = TimeRange(one.event.at - one.goal.lookback_ms, one.event.at + 1)
    actions = one.goal.touch_actions
    read, count = events.ends_of(tenant, due.actors, actions, span, first=1, latest=MOST_TOUCHES + AT_ONCE)
    found = by_place(read)
    touches = touches_of(one, found)
    # What came after the conversion in its own millisecond, and it itself, are counted and are none of its touches.
    return Touched(due.person, one, touches, max(len(touches), count - (len(found) - len(touches))))
