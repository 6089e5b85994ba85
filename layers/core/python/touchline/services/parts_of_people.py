"""Large inputs are worked through a part of the people at a time: no more memory for more events, and time to stop."""

from collections.abc import Callable
from typing import Final

from touchline.domain.sequences.rows import Part
from touchline.services.sources import Work

# Arrays of so many events take some 300 MB while they are worked on.
EVENTS_A_PART: Final = 6_000_000


def by_parts[Found](events: int, work: Work, find: Callable[[Part], Found]) -> list[Found]:
    """At least one; together of all people. `events` is how many there are to read."""
    of = max(1, -(-events // EVENTS_A_PART))
    found = []
    for number in range(of):
        work.reach(number, of)
        found.append(find(Part(number, of)))
    work.reach(of, of)
    return found
