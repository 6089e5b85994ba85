"""Each person's chain of a funnel: the longest, of equally long ones the earliest."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from touchline.domain.sequences.any_order import follow_any
from touchline.domain.sequences.chains import NONE, Beginnings, Marked, Track, follow
from touchline.domain.sequences.exclusions import dropped, next_exclusions, stopped
from touchline.domain.sequences.funnels import Funnel
from touchline.domain.sequences.layouts import Layout, Places, lay_out
from touchline.domain.sequences.optional_steps import with_optional
from touchline.domain.sequences.rows import EventRows
from touchline.domain.sequences.step_values import StepValues, chosen_values


@dataclass(frozen=True, slots=True)
class Chains:
    """An entry for each person who began."""

    people: NDArray[np.uint64]
    levels: NDArray[np.int8]  # required steps that were done, from 1
    at: NDArray[np.int64]  # [people, steps]: epoch ms, NONE where a step was not done
    open: Marked  # a window is not over yet, and the last step not reached
    closed: Marked  # the window of the chain itself is over
    dropped: Marked  # by an exclusion
    values: StepValues | None  # of the breakdown

    def __len__(self) -> int:
        return len(self.people)

    def take(self, chosen: NDArray[np.bool_]) -> "Chains":
        values = None if self.values is None else self.values.take(chosen)
        return Chains(
            self.people[chosen],
            self.levels[chosen],
            self.at[chosen],
            self.open[chosen],
            self.closed[chosen],
            self.dropped[chosen],
            values,
        )


def join_chains(parts: Sequence[Chains]) -> Chains:
    """Of parts of the people, at least one."""
    values = [one.values for one in parts if one.values is not None]
    return Chains(
        np.concatenate([one.people for one in parts]),
        np.concatenate([one.levels for one in parts]),
        np.concatenate([one.at for one in parts]),
        np.concatenate([one.open for one in parts]),
        np.concatenate([one.closed for one in parts]),
        np.concatenate([one.dropped for one in parts]),
        StepValues.joined(values) if values else None,
    )


def find_chains(funnel: Funnel, rows: EventRows, begun_before: NDArray[np.uint64], as_of: int) -> Chains:
    """`rows` as `funnel.rows` asks for them; `begun_before`: who has to be left out for having begun before the range.

    `as_of` in epoch ms: windows that are not over then are open.
    """
    layout = lay_out(rows, [one.name for one in funnel.held])
    marks = [layout.of(rows.marked(step)) for step in range(len(funnel.steps))]
    track = Track(layout, layout.of(rows.at), [marks[step] for step in funnel.required])
    begins = _beginnings(funnel, rows, layout, track, begun_before)
    reached = _follow(funnel, track, begins)
    levels = np.sum([step != NONE for step in reached.T], axis=0, dtype=np.intp)
    best = _best(reached, levels, begins, layout)
    still = _open(funnel, rows, layout, begins, reached, levels, as_of)
    mine = begins.take(best)
    entries = with_optional(funnel, track, marks, mine, reached[best])
    step_rows = np.where(entries == NONE, NONE, layout.rows[entries])
    persons = layout.persons[mine.entries]
    finished = levels[best] == len(funnel.required)
    return Chains(
        rows.people[step_rows[:, 0]],
        levels[best].astype(np.int8),
        np.where(entries == NONE, NONE, rows.at[step_rows]),
        np.isin(persons, layout.persons[begins.entries[still]]) & ~finished,
        mine.until < as_of,
        dropped(rows, funnel, mine, step_rows, finished),
        chosen_values(funnel.breakdown, rows, step_rows) if funnel.breakdown else None,
    )


def _beginnings(
    funnel: Funnel, rows: EventRows, layout: Layout, track: Track, begun_before: NDArray[np.uint64]
) -> Beginnings:
    begins = np.any(track.marks, axis=0) if funnel.mode == "any_order" else track.marks[0].copy()
    begins &= (track.at >= funnel.scope.span.start) & (track.at < funnel.scope.span.end)
    entries = np.flatnonzero(begins)
    if funnel.entry != "any":
        entries = entries[_is_first(entries, layout)]
    if funnel.entry == "first_ever":
        entries = entries[~np.isin(rows.people[layout.rows[entries]], begun_before)]
    stops = next_exclusions(rows, funnel, "stop_chain", layout.rows[entries])
    return Beginnings(entries, layout.ends()[layout.groups[entries]], track.at[entries] + funnel.window, stops)


def _is_first(entries: Places, layout: Layout) -> Marked:
    """Whether each is of its person's earliest row among them; an event may have several entries."""
    persons, rows = layout.persons[entries], layout.rows[entries]
    earliest = np.full(int(layout.persons.max(initial=-1)) + 1, np.iinfo(np.intp).max, np.intp)
    np.minimum.at(earliest, persons, rows)
    return np.asarray(rows == earliest[persons])


def _follow(funnel: Funnel, track: Track, begins: Beginnings) -> NDArray[np.int32]:
    if funnel.mode == "any_order":
        return follow_any(track, begins, [funnel.steps[step].criterion for step in funnel.required])
    return follow(track, begins, strictly=funnel.mode == "strict")


def _best(reached: NDArray[np.int32], levels: Places, begins: Beginnings, layout: Layout) -> Places:
    """For each person who began the number of the chain that counts."""
    if not len(begins):
        return np.zeros(0, np.intp)
    persons = layout.persons[begins.entries]
    first = np.flatnonzero(np.append(True, persons[1:] != persons[:-1]))
    # The longest, then the one that begins first.
    rank = levels * np.int64(len(layout) + 1) + (len(layout) - layout.rows[begins.entries])
    highest = np.repeat(np.maximum.reduceat(rank, first), np.diff(np.append(first, len(persons))))
    winners = np.flatnonzero(rank == highest)
    if len(winners) > len(first):  # an event with several held values begins several
        steps = layout.rows[reached[winners]]
        winners = winners[np.lexsort((*steps.T[::-1], persons[winners]))]
        winners = winners[np.append(True, persons[winners][1:] != persons[winners][:-1])]
    return winners


def _open(
    funnel: Funnel,
    rows: EventRows,
    layout: Layout,
    begins: Beginnings,
    reached: NDArray[np.int32],
    levels: Places,
    as_of: int,
) -> Marked:
    """Whether a chain could still get further: its window is not over, and nothing has ended it."""
    still = (begins.until >= as_of) & ~stopped(rows, begins)
    if funnel.mode == "strict" and len(begins):
        last = layout.rows[reached[np.arange(len(begins)), levels - 1]]
        following = np.minimum(last + 1, len(rows) - 1)
        still &= (following == last) | (rows.people[following] != rows.people[last])
    return np.asarray(still)
