"""Large inputs are worked through a part of the people at a time: no more memory for more events, and time to stop."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import batched
from typing import Final

from touchline.domain.sequences.rows import Part
from touchline.services.sources import Work

# Arrays of so many events take some 150 MB while they are worked on.
EVENTS_A_PART: Final = 3_000_000
# The function has two processors, and work on arrays leaves the interpreter free.
AT_ONCE: Final = 2
# Below this many events a second thread is not worth its start.
WORTH_DIVIDING: Final = 500_000


def by_parts[Found](events: int, work: Work, find: Callable[[Part], Found]) -> list[Found]:
    """At least one; together of all people. `events` is how many there are to read."""
    of = max(AT_ONCE if events >= WORTH_DIVIDING else 1, -(-events // EVENTS_A_PART))
    found: list[Found] = []
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for numbers in batched(range(of), AT_ONCE, strict=False):
            work.reach(numbers[0], of)
            found += threads.map(find, [Part(number, of) for number in numbers])
    work.reach(of, of)
    return found
