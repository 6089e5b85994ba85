"""Events side by side with those that they can form a chain with: of one person, and of one value where one is held."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchline.domain.sequences.rows import Coded, EventRows

type Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Layout:
    """Entries, each an event, in order within their group. An event with several held values is an entry for each."""

    rows: NDArray[np.int32]  # of each entry, the row of the event
    groups: NDArray[np.int32]  # of each entry; rising
    persons: NDArray[np.int32]  # of each entry, the number of the person in order of the rows; rising
    plain: bool  # entries are the rows

    def __len__(self) -> int:
        return len(self.rows)

    def of[Kind: np.generic](self, by_row: NDArray[Kind]) -> NDArray[Kind]:
        """What rows have, of each entry."""
        return by_row if self.plain else by_row[self.rows]

    def ends(self) -> Places:
        """Of each group the entry after its last one."""
        return np.append(np.flatnonzero(self.groups[1:] != self.groups[:-1]) + 1, len(self))


def person_numbers(rows: EventRows) -> NDArray[np.int32]:
    """Of each row the number of its person, from 0."""
    return numbered(rows.people[1:] != rows.people[:-1]) if len(rows) else np.zeros(0, np.int32)


def numbered(changes: NDArray[np.bool_]) -> NDArray[np.int32]:
    """`changes`: of each but the first, whether it begins something new."""
    numbers = np.zeros(len(changes) + 1, np.int32)
    np.cumsum(changes, out=numbers[1:])
    return numbers


def lay_out(rows: EventRows, held: Sequence[str] = ()) -> Layout:
    """By person, or by person and the held fields' values; events without one of them are left out."""
    persons = person_numbers(rows)
    if not held:
        return Layout(np.arange(len(rows), dtype=np.int32), persons, persons, plain=True)
    entries, combined = np.arange(len(rows), dtype=np.int32), np.zeros(len(rows), np.int64)
    for name in held:
        entries, combined = _with_values(rows.fields[name], entries, combined)
    order = np.lexsort((entries, combined, persons[entries]))
    entries, combined = entries[order], combined[order]
    of_person = persons[entries]
    groups = np.zeros(0, np.int32)
    if len(entries):
        groups = numbered((of_person[1:] != of_person[:-1]) | (combined[1:] != combined[:-1]))
    return Layout(entries, groups, of_person, plain=False)


def _with_values(
    coded: Coded, entries: NDArray[np.int32], combined: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Each entry once for each of its values, and each with the number of its combination of values so far."""
    numbers: dict[Any, int] = {}
    # A number's type tells it from a truth value that is equal to it.
    values = [[numbers.setdefault((type(v), v), len(numbers)) for v in dict.fromkeys(some)] for some in coded.values]
    sizes = np.array([len(some) for some in values], np.intp)
    begins = np.cumsum(sizes) - sizes
    flat = np.array([number for some in values for number in some], np.int64)
    codes = coded.codes[entries]
    times = sizes[codes]
    repeated = np.repeat(np.arange(len(entries)), times)
    within = np.arange(len(repeated)) - np.repeat(np.cumsum(times) - times, times)
    own = flat[begins[codes[repeated]] + within]
    _, joined = np.unique(combined[repeated] * max(1, len(numbers)) + own, return_inverse=True)
    return entries[repeated], joined.astype(np.int64)
