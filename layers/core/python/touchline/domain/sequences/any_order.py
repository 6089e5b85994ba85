"""Steps in any order: how many different ones follow from each event that may begin, and when each was done."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from touchline.domain.queries.criteria import Criterion
from touchline.domain.sequences.chains import NONE, Beginnings, Track


def follow_any(track: Track, begins: Beginnings, steps: Sequence[Criterion]) -> NDArray[np.int32]:
    """[chains, steps]: the entry at which the first, second, … different step was done; NONE where it was not.

    One event is one step: where it could be several, the choice is the one with the most steps.
    """
    alike = _alike(steps)
    distinct = [track.marks[places[0]] for places in alike]
    if np.sum(distinct, axis=0, dtype=np.int32).max(initial=0) > 1:
        return _matched(track, begins)
    end = len(track.layout)
    found = np.full((len(begins), len(steps)), end, np.int64)
    chains = np.arange(len(begins))
    column = 0
    for marked, places in zip(distinct, alike, strict=True):
        where = np.append(np.flatnonzero(marked), np.full(len(places), end))
        before = np.cumsum(marked)[begins.entries] - marked[begins.entries]
        for nth in range(len(places)):
            entry = where[before + nth]
            inside = track.reachable(begins, chains, entry)
            found[inside, column] = entry[inside]
            column += 1
    found.sort(axis=1)
    return np.where(found < end, found, NONE).astype(np.int32)


def _alike(steps: Sequence[Criterion]) -> list[list[int]]:
    """Steps that ask for the same: as many events of it are needed."""
    places: dict[Criterion, list[int]] = {}
    for place, step in enumerate(steps):
        places.setdefault(step, []).append(place)
    return list(places.values())


def _matched(track: Track, begins: Beginnings) -> NDArray[np.int32]:
    """Chain by chain: an event counts where with it more steps can be given an event of their own."""
    bits = [sum(1 << step for step, on in enumerate(row) if on) for row in np.stack(track.marks, axis=1).tolist()]
    at, rows = track.at.tolist(), track.layout.rows.tolist()
    found = np.full((len(begins), len(track.marks)), NONE, np.int32)
    stops = [max(rows, default=0)] * len(begins) if begins.stops is None else begins.stops.tolist()
    bounds = zip(begins.entries.tolist(), begins.ends.tolist(), begins.until.tolist(), stops, strict=True)
    for chain, (entry, end, until, stop) in enumerate(bounds):
        given: dict[int, int] = {}  # step → the bits of its event
        for one in range(entry, end):
            if at[one] > until or rows[one] > stop or len(given) == len(track.marks):
                break
            if bits[one] and _give(bits[one], given, set()):
                found[chain, len(given) - 1] = one
    return found


def _give(event: int, given: dict[int, int], tried: set[int]) -> bool:
    """Give the event a step, moving others on where they have another choice (Kuhn's augmenting path)."""
    free = [step for step in range(event.bit_length()) if event >> step & 1 and step not in tried]
    for step in free:
        tried.add(step)
        if step not in given or _give(given[step], given, tried):
            given[step] = event
            return True
    return False
