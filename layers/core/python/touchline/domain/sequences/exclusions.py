"""Events that end a chain, or take its person out of the funnel."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchline.domain.sequences.chains import Beginnings, Marked, Occurrences
from touchline.domain.sequences.funnels import Effect, Funnel
from touchline.domain.sequences.layouts import Places
from touchline.domain.sequences.rows import EventRows


def next_exclusions(rows: EventRows, funnel: Funnel, effect: Effect, after: NDArray[Any]) -> Places | None:
    """The person's next event after each row that is an exclusion with this effect; beyond all rows without one.

    None where the funnel has no such exclusion.
    """
    bits = funnel.excluding(effect)
    if not bits:
        return None
    if not len(after):
        return np.zeros(0, np.intp)
    found = Occurrences.of(np.any([rows.marked(bit) for bit in bits], axis=0)).after(after)
    held = np.minimum(found, len(rows) - 1)
    return np.where(rows.people[held] == rows.people[after], found, len(rows))


def stopped(rows: EventRows, begins: Beginnings) -> Marked:
    """Whether the window of each chain has an event in it that ends the chain."""
    return _within_windows(rows, begins, begins.stops)


def dropped(
    rows: EventRows, funnel: Funnel, begins: Beginnings, step_rows: NDArray[np.intp], finished: Marked
) -> Marked:
    """Whether an exclusion lies within the chain: before its last step, or before its window is over.

    `step_rows`: [chains, steps]; `finished`: whether a chain has all of them.
    """
    found = next_exclusions(rows, funnel, "drop_person", step_rows[:, 0])
    if found is None or not len(found):
        return np.zeros(len(begins), np.bool_)
    last = step_rows[:, list(funnel.required)].max(axis=1)
    return np.asarray(np.where(finished, found < last, _within_windows(rows, begins, found)))


def _within_windows(rows: EventRows, begins: Beginnings, found: Places | None) -> Marked:
    if found is None or not len(found):
        return np.zeros(len(begins), np.bool_)
    held = np.minimum(found, len(rows) - 1)
    return np.asarray((found < len(rows)) & (rows.at[held] <= begins.until))
