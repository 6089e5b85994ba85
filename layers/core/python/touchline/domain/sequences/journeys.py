"""The ways to a conversion, and those that led to none, read out of rows of events all at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchline.domain.properties import Scalar
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.removal_effects import MOST_STATES, Chain
from touchline.domain.sequences.rows import EventRows

type Ints = NDArray[np.int64]
type Mask = NDArray[np.bool_]
type Label = tuple[Scalar, ...]

NO_CODE = -1
LARGEST = 1 << 62


@dataclass(frozen=True, slots=True)
class Wanted:
    """`goal` and `touch` are masks of the rows. A touch may come up to `lookback_ms` before its conversion.

    Rows begin a lookback before the span and go on after it, so that a touch that still leads to a conversion is not
    taken for one that led nowhere.
    """

    goal: Mask
    touch: Mask
    span: TimeRange
    lookback_ms: int
    field: str
    collapse: bool = False  # consecutive touches of the same value are one


@dataclass(frozen=True, slots=True)
class Journeys:
    """Paths are stretches [begin, end) of `states`: each a code into `labels`."""

    labels: tuple[Label, ...]
    states: Ints  # of all touches (or runs of the same value), person by person in order
    begins: Ints  # (c,) of the conversions in the span; empty stretches where there was no touch
    ends: Ints
    rows: Ints  # (c,) the conversions' rows
    first_ages: Ints  # (c,) ms from the first touch to the conversion; -1 without one
    last_ages: Ints
    lost_begins: Ints  # (l,) of the paths without a conversion; none is empty
    lost_ends: Ints


def find_journeys(rows: EventRows, wanted: Wanted) -> Journeys:
    touches = np.flatnonzero(wanted.touch)
    coded = rows.fields[wanted.field]
    codes = coded.codes[touches].astype(np.int64)
    person = np.cumsum(np.concatenate(([0], (rows.people[1:] != rows.people[:-1]).astype(np.int64))))[: len(rows)]
    goals = np.flatnonzero(wanted.goal)
    lows, highs = _windows(rows, person, touches, goals, wanted.lookback_ms)
    inside = (rows.at[goals] >= wanted.span.start) & (rows.at[goals] < wanted.span.end)
    lost_lows, lost_highs = _lost(rows, person, touches, (lows, highs), wanted)
    runs = _runs(codes, person[touches], collapse=wanted.collapse)
    states = codes[np.flatnonzero(np.diff(runs, prepend=-1))] if len(codes) else codes
    begins, ends = _in_runs(runs, lows[inside], highs[inside])
    lost_begins, lost_ends = _in_runs(runs, lost_lows, lost_highs)
    return Journeys(
        coded.values,
        states,
        begins,
        ends,
        goals[inside],
        _ages(rows, touches, goals[inside], lows[inside], lows[inside] < highs[inside]),
        _ages(rows, touches, goals[inside], highs[inside] - 1, lows[inside] < highs[inside]),
        lost_begins,
        lost_ends,
    )


def chain_of(found: Journeys) -> tuple[Chain, list[list[Label]]]:
    """The paths with a touch as a chain; of each state the values that it stands for."""
    codes, groups = _states(found)
    number = len(groups)
    states = codes[found.states] if len(found.states) else found.states
    touched = found.begins < found.ends
    stretches = (
        np.concatenate((found.begins[touched], found.lost_begins)),
        np.concatenate((found.ends[touched], found.lost_ends)),
    )
    # How many paths take the step from a touch to the next: one begins to where a path does, and ends before its last.
    taken = np.zeros(len(states) + 1, np.int64)
    np.add.at(taken, stretches[0], 1)
    np.add.at(taken, stretches[1] - 1, -1)
    steps = np.cumsum(taken)[: max(0, len(states) - 1)]
    pairs = states[:-1] * number + states[1:]
    counted = np.bincount(pairs[steps > 0], weights=steps[steps > 0], minlength=number * number)

    def count(positions: Ints) -> Ints:
        return np.bincount(states[positions], minlength=number).astype(np.int64)

    return (
        Chain(
            count(stretches[0]),
            counted.astype(np.int64).reshape(number, number),
            count(found.ends[touched] - 1),
            count(found.lost_ends - 1),
        ),
        groups,
    )


def _states(found: Journeys) -> tuple[Ints, list[list[Label]]]:
    """Code to state, and the labels of each state: the commonest alone, all others together in the last."""
    seen = np.bincount(found.states, minlength=len(found.labels))
    order = [int(code) for code in np.argsort(-seen, kind="stable") if seen[code]]
    own, rest = (order, []) if len(order) <= MOST_STATES else (order[: MOST_STATES - 1], order[MOST_STATES - 1 :])
    codes = np.zeros(len(found.labels), np.int64)
    codes[own] = np.arange(len(own))
    codes[rest] = len(own)
    groups = [[found.labels[code]] for code in own]
    return codes, [*groups, [found.labels[code] for code in rest]] if rest else groups


def _windows(rows: EventRows, person: Ints, touches: Ints, goals: Ints, lookback_ms: int) -> tuple[Ints, Ints]:
    """Of each conversion, the positions of its touches among all: [low, high), both ends of the lookback included."""
    highs = np.searchsorted(touches, goals)
    if not len(rows):
        return highs, highs
    # One rising number for each row: persons a whole lookback apart.
    origin = rows.at.min() - lookback_ms
    width = int(rows.at.max() - origin + 1)
    lows = np.searchsorted(
        person[touches] * width + (rows.at[touches] - origin),
        person[goals] * width + (rows.at[goals] - lookback_ms - origin),
    )
    return np.minimum(lows, highs), highs


def _lost(
    rows: EventRows, person: Ints, touches: Ints, windows: tuple[Ints, Ints], wanted: Wanted
) -> tuple[Ints, Ints]:
    """Stretches of touches in the span that led to no conversion; one ends where the next touch is a lookback away."""
    covered = np.zeros(len(touches) + 1, np.int64)
    np.add.at(covered, windows[0], 1)
    np.add.at(covered, windows[1], -1)
    at = rows.at[touches]
    free = (np.cumsum(covered)[:-1] == 0) & (at >= wanted.span.start) & (at < wanted.span.end)
    positions = np.flatnonzero(free)
    if not len(positions):
        return positions, positions
    broken = (
        (np.diff(positions) > 1)
        | (np.diff(person[touches][positions]) > 0)
        | (np.diff(at[positions]) > wanted.lookback_ms)
    )
    begins = positions[np.concatenate(([True], broken))]
    return begins, positions[np.concatenate((broken, [True]))] + 1


def _runs(codes: Ints, person: Ints, *, collapse: bool) -> Ints:
    """The number of each touch's run; without collapsing each is a run of its own."""
    if not collapse or not len(codes):
        return np.arange(len(codes))
    new = (codes[1:] != codes[:-1]) | (person[1:] != person[:-1])
    return np.concatenate(([0], np.cumsum(new)))


def _in_runs(runs: Ints, lows: Ints, highs: Ints) -> tuple[Ints, Ints]:
    empty = lows >= highs
    if not len(runs):
        return np.zeros_like(lows), np.zeros_like(lows)
    begins = np.where(empty, 0, runs[np.minimum(lows, len(runs) - 1)])
    return begins, np.where(empty, 0, runs[np.maximum(highs - 1, 0)] + 1)


def _ages(rows: EventRows, touches: Ints, goals: Ints, positions: Ints, there: Any) -> Ints:
    ages = np.full(len(goals), -1, np.int64)
    ages[there] = rows.at[goals[there]] - rows.at[touches[positions[there]]]
    return ages


@dataclass(frozen=True, slots=True)
class PathCount:
    """`cut`: there were touches before the first of these."""

    path: tuple[Label, ...]
    cut: bool
    members: NDArray[np.intp]  # positions among the paths that were counted


def count_paths(found: Journeys, begins: Ints, ends: Ints, longest: int, top: int) -> tuple[list[PathCount], int]:
    """Paths with the same steps together, the `top` commonest first, of equal ones the first in the order of text; and
    how many different ones there are. Of a longer path the latest `longest` steps count."""
    table = _latest_steps(found, begins, ends, longest)
    inverse, examples, counts = _distinct(table, len(found.labels))
    ranks = np.concatenate((_text_ranks(found.labels), [-1]))  # the last is that of NO_CODE
    chosen = table[examples]
    order = np.lexsort((*(ranks[chosen[:, n]] for n in reversed(range(longest))), -counts))[:top]
    by_path = np.argsort(inverse, kind="stable")
    starts = np.concatenate(([0], np.cumsum(counts)))
    return [
        PathCount(
            tuple(found.labels[code] for code in chosen[n][:longest] if code != NO_CODE),
            bool(chosen[n][longest]),
            by_path[starts[n] : starts[n + 1]],
        )
        for n in order
    ], len(counts)


def _latest_steps(found: Journeys, begins: Ints, ends: Ints, longest: int) -> Ints:
    """(paths, longest + 1): codes from the first step that is told, NO_CODE after the last; and whether one is cut."""
    lengths = ends - begins
    shown = np.minimum(lengths, longest)
    table = np.full((len(begins), longest + 1), NO_CODE, np.int64)
    table[:, longest] = lengths > longest
    for place in range(longest):
        there = place < shown
        table[there, place] = found.states[(ends - shown)[there] + place]
    return table


def _distinct(table: Ints, labels: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Of each row the number of its kind; of each kind a row and how many there are."""
    kinds = np.zeros(len(table), np.int64)
    size = 1
    for column in table.T:
        if size * (labels + 2) >= LARGEST:
            kinds = np.unique(kinds, return_inverse=True)[1].ravel().astype(np.int64)
            size = len(table)
        kinds = kinds * (labels + 2) + column + 1
        size *= labels + 2
    _, examples, inverse, counts = np.unique(kinds, return_index=True, return_inverse=True, return_counts=True)
    return inverse.ravel(), examples, counts


def _text_ranks(labels: Sequence[Label]) -> Ints:
    order = sorted(range(len(labels)), key=lambda code: str(labels[code]))
    ranks = np.zeros(len(labels), np.int64)
    ranks[order] = np.arange(len(labels))
    return ranks
