"""Who began in which cohort, and in which periods after that they came back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchline.domain.sequences.chains import Marked, next_marked
from touchline.domain.sequences.layouts import Places, numbered, person_numbers
from touchline.domain.sequences.retention import RETURN, START, Bracket, Grid, Retention
from touchline.domain.sequences.rows import EventRows
from touchline.domain.sequences.step_values import StepValues

WORD = 64
FEW_EDGES = 16


@dataclass(frozen=True, slots=True)
class Returns:
    """An entry for each person and cohort."""

    people: NDArray[np.uint64]
    cohorts: NDArray[np.int32]
    periods: NDArray[np.uint64]  # [entries, words]: bit n of word w is period 64 w + n, in which they came back
    values: StepValues | None  # of the breakdown

    def __len__(self) -> int:
        return len(self.people)

    def came_back(self, bracket: Bracket) -> Marked:
        found = np.zeros(len(self), np.bool_)
        for word in range(self.periods.shape[1]):
            wanted = sum(1 << n for n in range(WORD) if bracket.first <= word * WORD + n <= bracket.last)
            found |= (self.periods[:, word] & np.uint64(wanted)) != 0
        return found


def join_returns(parts: Sequence[Returns]) -> Returns:
    """Of parts of the people, at least one."""
    values = [one.values for one in parts if one.values is not None]
    return Returns(
        np.concatenate([one.people for one in parts]),
        np.concatenate([one.cohorts for one in parts]),
        np.concatenate([one.periods for one in parts]),
        StepValues.joined(values) if values else None,
    )


def find_returns(asked: Retention, grid: Grid, rows: EventRows, begun_before: NDArray[np.uint64]) -> Returns:
    """`rows` as `asked.rows` asks for them; `begun_before`: who is left out for having begun before the range."""
    entries = _in_buckets(grid, rows)
    starts, of_starts = _starts(asked, grid, rows, entries, begun_before)
    cohorts = entries.buckets[of_starts].astype(np.int32)
    if asked.clock == "calendar":
        periods = _by_calendar(asked, grid, rows, entries, starts, of_starts)
    else:
        periods = _by_own_clock(asked, rows, starts, cohorts)
    values = None
    if asked.field is not None:
        coded = rows.fields[asked.field.name]
        values = StepValues(coded.codes[starts], coded.values)
    return Returns(rows.people[starts], cohorts, periods, values)


@dataclass(frozen=True, slots=True)
class _InBuckets:
    """An entry for each person and bucket with events: fewer than these, and all that the calendar needs."""

    first: Places  # the first row; and beyond the last entry all rows
    marks: NDArray[np.uint32]  # of all its events together
    buckets: NDArray[np.intp]
    persons: NDArray[np.int32]  # numbered in order


def _in_buckets(grid: Grid, rows: EventRows) -> _InBuckets:
    if not len(rows):
        nothing = np.zeros(0, np.int32)
        return _InBuckets(np.zeros(1, np.intp), nothing.astype(np.uint32), nothing.astype(np.intp), nothing)
    buckets = _buckets(grid, rows.at)
    changes = (rows.people[1:] != rows.people[:-1]) | (buckets[1:] != buckets[:-1])
    first = np.flatnonzero(np.concatenate(([True], changes, [True])))
    people = rows.people[first[:-1]]
    marks = np.bitwise_or.reduceat(rows.marks, first[:-1])
    return _InBuckets(first, marks, buckets[first[:-1]].astype(np.intp), numbered(people[1:] != people[:-1]))


def _buckets(grid: Grid, at: NDArray[np.int64]) -> NDArray[Any]:
    """Of each moment the place of its bucket. Below some edges it is faster to compare with each than to search."""
    if len(grid.edges) > FEW_EDGES:
        return np.searchsorted(np.array(grid.edges), at, "right") - 1
    found = np.full(len(at), -1, np.int8)
    for edge in grid.edges:
        found += at >= edge
    return found


def _starts(
    asked: Retention, grid: Grid, rows: EventRows, entries: _InBuckets, begun_before: NDArray[np.uint64]
) -> tuple[Places, Places]:
    """Each person's first start in each cohort, as a row, with its entry; or the first of all only."""
    chosen = np.flatnonzero(_has(entries.marks, START) & (entries.buckets < grid.cohorts))
    if not len(chosen):
        return chosen, chosen
    began = entries.first[chosen]
    marked = rows.marked(START)
    found = np.where(marked[began], began, next_marked(marked, began))
    inside = rows.at[found] < asked.scope.span.end
    if asked.entry == "first_ever":
        inside &= ~np.isin(rows.people[found], begun_before)
    found, chosen = found[inside], chosen[inside]
    if asked.entry != "every" and len(chosen):
        persons = entries.persons[chosen]
        first = np.append(True, persons[1:] != persons[:-1])
        found, chosen = found[first], chosen[first]
    return found, chosen


def _has(marks: NDArray[np.uint32], mark: int) -> Marked:
    return np.asarray((marks >> np.uint32(mark)) & np.uint32(1), np.bool_)


def _by_calendar(
    asked: Retention, grid: Grid, rows: EventRows, entries: _InBuckets, starts: Places, of_starts: Places
) -> NDArray[np.uint64]:
    """Each person's buckets as bits, moved so that bit 0 is the cohort's own."""
    words = asked.periods // WORD + 1
    people = int(entries.persons[-1]) + 1 if len(entries.persons) else 0
    bits = np.zeros((people, len(grid.edges) // WORD + words + 2), np.uint64)
    back = _has(entries.marks, RETURN)
    _set_bits(bits, entries.persons[back], entries.buckets[back])
    cohorts, mine = entries.buckets[of_starts], entries.persons[of_starts]
    word, shift = cohorts // WORD, (cohorts % WORD).astype(np.uint64)
    periods = np.empty((len(starts), words), np.uint64)
    for place in range(words):
        low = bits[mine, word + place] >> shift
        # A shift by 64 is no shift.
        high = np.where(shift > 0, bits[mine, word + place + 1] << (np.uint64(WORD) - np.maximum(shift, 1)), 0)
        periods[:, place] = low | high.astype(np.uint64)
    # What lies before the start in its own bucket is no return.
    again = next_marked(rows.marked(RETURN), starts) < entries.first[of_starts + 1]
    periods[:, 0] = (periods[:, 0] & ~np.uint64(1)) | again.astype(np.uint64)
    return periods


def _set_bits(bits: NDArray[np.uint64], persons: NDArray[np.int32], places: NDArray[Any]) -> None:
    """`persons` and with each of them `places` are rising."""
    if not len(persons):
        return
    words = places // WORD
    first = np.flatnonzero(np.append(True, (persons[1:] != persons[:-1]) | (words[1:] != words[:-1])))
    masks = np.uint64(1) << (places % WORD).astype(np.uint64)
    bits[persons[first], words[first]] = np.bitwise_or.reduceat(masks, first)


def _by_own_clock(asked: Retention, rows: EventRows, starts: Places, cohorts: NDArray[np.int32]) -> NDArray[np.uint64]:
    """Cohort by cohort: a person has one start in each, and the periods are counted from it."""
    persons, back = person_numbers(rows), np.flatnonzero(rows.marked(RETURN))
    words = asked.periods // WORD + 1
    periods = np.zeros((len(starts), words), np.uint64)
    people = int(persons[-1]) + 1 if len(persons) else 0
    for cohort in np.unique(cohorts).tolist():
        of_cohort = np.flatnonzero(cohorts == cohort)
        entry_of = np.full(people, -1, np.int32)
        entry_of[persons[starts[of_cohort]]] = np.arange(len(of_cohort), dtype=np.int32)
        entries = entry_of[persons[back]]
        mine, entries = back[entries >= 0], entries[entries >= 0]
        began = starts[of_cohort][entries]
        period = (rows.at[mine] - rows.at[began]) // asked.rolling_ms
        counts = (mine > began) & (period <= asked.periods)
        bits = np.zeros((len(of_cohort), words), np.uint64)
        _set_bits(bits, entries[counts], period[counts])
        periods[of_cohort] = bits
    return periods
