"""Paths step by step: every path at once, one step at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from touchline.domain.sequences.chains import Marked
from touchline.domain.sequences.layouts import Places, numbered, person_numbers
from touchline.domain.sequences.paths import ANCHOR, Paths
from touchline.domain.sequences.rows import EventRows
from touchline.domain.sequences.step_values import Table, Values

END: Final = -1  # nothing more was done
OPEN: Final = -2  # nothing more was done yet
OVER: Final = -3  # after an end


@dataclass(frozen=True, slots=True)
class Walks:
    """`labels[path, step]`: a place in `table`, END, OPEN or OVER; step 0 is where the path begins."""

    people: NDArray[np.uint64]
    labels: NDArray[np.int32]
    table: tuple[Values, ...]

    def __len__(self) -> int:
        return len(self.people)


def join_walks(parts: Sequence[Walks]) -> Walks:
    """Of parts of the people, at least one."""
    table = Table()
    labels = []
    for part in parts:
        numbers = np.array([*(table.number(values) for values in part.table), OVER, OPEN, END], np.int32)
        labels.append(numbers[part.labels])
    return Walks(np.concatenate([one.people for one in parts]), np.concatenate(labels), tuple(table.entries))


def walk(paths: Paths, rows: EventRows, as_of: int) -> Walks:
    """`rows` as `paths.rows` asks for them; `as_of` in epoch ms: what may still go on then is open."""
    coded = rows.fields[paths.field.name]
    sessions = _sessions(paths, rows)
    begins = _beginnings(paths, rows, sessions)
    steps = _Steps(paths, rows, sessions, _Runs.of(coded.codes, sessions) if paths.collapse else None)
    labels = np.full((paths.depth + 1, len(begins)), OVER, np.int32)
    labels[0] = coded.codes[begins]
    alive, here = np.arange(len(begins)), begins
    for step in range(1, paths.depth + 1):
        following = steps.after(here)
        goes_on = steps.reachable(begins[alive], here, following)
        ended = ~goes_on
        labels[step, alive[ended]] = np.where(steps.may_go_on(begins[alive[ended]], here[ended], as_of), OPEN, END)
        alive, here = alive[goes_on], following[goes_on]
        labels[step, alive] = coded.codes[here]
    return Walks(rows.people[begins], labels.T, coded.values)


@dataclass(frozen=True, slots=True)
class _Steps:
    paths: Paths
    rows: EventRows
    sessions: NDArray[np.int32]
    runs: "_Runs | None"  # where repeats are one step

    def after(self, here: Places) -> Places:
        """The row of the next step, in the paths' direction; beyond the rows at either end."""
        forward = self.paths.direction == "next"
        if self.runs is None:
            return here + (1 if forward else -1)
        run = self.runs.numbers[here]
        return self.runs.begins[run + 1] if forward else self.runs.begins[run] - 1

    def reachable(self, begins: Places, here: Places, following: Places) -> Marked:
        held = np.clip(following, 0, max(0, len(self.rows) - 1))
        inside = (following >= 0) & (following < len(self.rows))
        near = np.abs(self.rows.at[held] - self.rows.at[begins]) <= self.paths.window
        return np.asarray(inside & near & (self.sessions[held] == self.sessions[here]))

    def may_go_on(self, begins: Places, here: Places, as_of: int) -> Marked:
        """What came before has all happened; what comes next may be still to come."""
        if self.paths.direction == "previous":
            return np.zeros(len(here), np.bool_)
        still = self.rows.at[begins] + self.paths.window >= as_of
        following = self.after(here)
        if self.paths.gap is not None:
            still &= self.rows.at[following - 1] + self.paths.gap >= as_of
        # Nothing else of the person may be known: that would be out of the window, or another session.
        held = np.minimum(following, len(self.rows) - 1)
        still &= (following >= len(self.rows)) | (self.rows.people[held] != self.rows.people[here])
        return np.asarray(still)


@dataclass(frozen=True, slots=True)
class _Runs:
    """Equal values in a row, within a session."""

    numbers: NDArray[np.int32]  # of each row
    begins: Places  # the first row of each run; and beyond the last one all rows

    @staticmethod
    def of(codes: NDArray[np.int32], sessions: NDArray[np.int32]) -> "_Runs":
        if not len(codes):
            return _Runs(np.zeros(0, np.int32), np.zeros(1, np.intp))
        changes = (codes[1:] != codes[:-1]) | (sessions[1:] != sessions[:-1])
        begins = np.flatnonzero(np.concatenate(([True], changes, [True])))
        return _Runs(numbered(changes), begins)


def _sessions(paths: Paths, rows: EventRows) -> NDArray[np.int32]:
    """Of each row the number of its session; without a gap a person has one."""
    if not len(rows) or paths.gap is None:
        return person_numbers(rows)
    apart = rows.at[1:] - rows.at[:-1] > paths.gap
    return numbered((rows.people[1:] != rows.people[:-1]) | apart)


def _beginnings(paths: Paths, rows: EventRows, sessions: NDArray[np.int32]) -> Places:
    span = paths.scope.span
    inside = (rows.at >= span.start) & (rows.at < span.end)
    if paths.anchor is not None:
        return _of_each(paths.occurrences, np.flatnonzero(inside & rows.marked(ANCHOR)), rows.people)
    edge = "first" if paths.direction == "next" else "last"
    edges = _of_each(edge, np.flatnonzero(inside), sessions)
    return edges if paths.gap is None else _of_each(paths.occurrences, edges, rows.people)


def _of_each(which: str, found: Places, by_row: NDArray[np.uint64] | NDArray[np.int32]) -> Places:
    """The first or the last of the rows for each person or session; all where every one is meant."""
    if which == "every" or not len(found):
        return found
    changes = by_row[found][1:] != by_row[found][:-1]
    chosen = np.append(True, changes) if which == "first" else np.append(changes, True)
    return np.asarray(found[chosen])
