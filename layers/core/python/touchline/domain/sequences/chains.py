"""Chains of steps in order, from each event that may begin one.

Of all events that may come next the earliest is taken: no other chain from the same beginning gets further.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchline.domain.sequences.layouts import Layout, Places

type Marked = NDArray[np.bool_]

NONE = -1


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Where a mark is, for asking what comes next."""

    places: NDArray[np.int32]
    counted: NDArray[np.int32]  # up to each entry, that included

    @staticmethod
    def of(marked: Marked) -> "Occurrences":
        end = np.int32(len(marked))
        return Occurrences(np.append(np.flatnonzero(marked).astype(np.int32), end), np.cumsum(marked, dtype=np.int32))

    def after(self, entries: NDArray[Any]) -> Places:
        """The next one after each; the number of all entries where there is none."""
        return np.asarray(self.places[self.counted[entries]], np.intp)


def next_marked(marked: Marked, entries: NDArray[Any]) -> Places:
    """The next marked one after each; their number where there is none. Often any event will do, and all are marked."""
    if marked.all():
        return np.asarray(entries, np.intp) + 1
    return Occurrences.of(marked).after(entries)


@dataclass(frozen=True, slots=True)
class Beginnings:
    """Entries that may begin a chain, and how far it may go: to the end of its group, to a time, and to a row."""

    entries: Places
    ends: Places  # the entry after the last one of the group
    until: NDArray[np.int64]  # epoch ms, included
    stops: Places | None  # the row that ends it: an event of that row may still be in it, one of a later row may not

    def __len__(self) -> int:
        return len(self.entries)

    def take(self, chosen: Places) -> "Beginnings":
        stops = None if self.stops is None else self.stops[chosen]
        return Beginnings(self.entries[chosen], self.ends[chosen], self.until[chosen], stops)


@dataclass(frozen=True, slots=True)
class Track:
    """What chains are looked for in: `at` and `marks` (by step) of each entry."""

    layout: Layout
    at: NDArray[np.int64]
    marks: Sequence[Marked]

    def reachable(self, begins: Beginnings, chains: Places, following: Places) -> Places:
        """Which of the chains, by their number, may go on to these entries: places among them, rising."""
        near = np.flatnonzero(following < begins.ends[chains])
        chains, following = chains[near], following[near]
        inside = self.at[following] <= begins.until[chains]
        if begins.stops is not None:
            inside &= self.layout.rows[following] <= begins.stops[chains]
        return near[inside]


def follow(track: Track, begins: Beginnings, *, strictly: bool = False) -> NDArray[np.int32]:
    """[chains, steps]: the entry of each step, NONE where it was not reached.

    Strictly: each step is the person's very next event.
    """
    reached = np.full((len(track.marks), len(begins)), NONE, np.int32)
    reached[0] = begins.entries
    alive, here = np.arange(len(begins)), begins.entries
    for step in range(1, len(track.marks)):
        following = _adjacent(track, here, step) if strictly else Occurrences.of(track.marks[step]).after(here)
        inside = track.reachable(begins, alive, following)
        alive, here = alive[inside], following[inside]
        reached[step, alive] = here
    return reached.T


def _adjacent(track: Track, here: Places, step: int) -> Places:
    """The next entry where it is the next event, too, and is that step; else beyond all."""
    rows, end = track.layout.rows, len(track.layout)
    following = np.minimum(here + 1, end - 1)
    is_next = track.marks[step][following] & (rows[following] == rows[here] + 1)
    return np.where(is_next, following, end)
