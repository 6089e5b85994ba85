"""Who began in which cohort, and in which periods after that they came back."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from touchline.domain.sequences.chains import Marked, Occurrences
from touchline.domain.sequences.layouts import Places, person_numbers
from touchline.domain.sequences.retention import RETURN, START, Bracket, Grid, Retention
from touchline.domain.sequences.rows import EventRows
from touchline.domain.sequences.step_values import StepValues

WORD = 64


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
    persons = person_numbers(rows)
    starts, cohorts = _starts(asked, grid, rows, persons, begun_before)
    back = np.flatnonzero(rows.marked(RETURN))
    if asked.clock == "calendar":
        periods = _by_calendar(asked, grid, rows, persons, starts, cohorts, back)
    else:
        periods = _by_own_clock(asked, rows, persons, starts, cohorts, back)
    values = None
    if asked.field is not None:
        coded = rows.fields[asked.field.name]
        values = StepValues(coded.codes[starts], coded.values)
    return Returns(rows.people[starts], cohorts, periods, values)


def _starts(
    asked: Retention, grid: Grid, rows: EventRows, persons: NDArray[np.int32], begun_before: NDArray[np.uint64]
) -> tuple[Places, NDArray[np.int32]]:
    """Each person's first start in each cohort, as a row; or the first of all only."""
    span = asked.scope.span
    found = np.flatnonzero(rows.marked(START) & (rows.at >= span.start) & (rows.at < span.end))
    cohorts = (np.searchsorted(np.array(grid.edges[: grid.cohorts]), rows.at[found], "right") - 1).astype(np.int32)
    changed = persons[found][1:] != persons[found][:-1]
    if asked.entry == "every":
        changed |= cohorts[1:] != cohorts[:-1]
    chosen = np.append(np.ones(min(1, len(found)), np.bool_), changed[: max(0, len(found) - 1)])
    if asked.entry == "first_ever":
        chosen &= ~np.isin(rows.people[found], begun_before)
    return found[chosen], cohorts[chosen]


def _by_calendar(
    asked: Retention,
    grid: Grid,
    rows: EventRows,
    persons: NDArray[np.int32],
    starts: Places,
    cohorts: NDArray[np.int32],
    back: Places,
) -> NDArray[np.uint64]:
    """Each person's buckets as bits, moved so that bit 0 is the cohort's own."""
    words = asked.periods // WORD + 1
    buckets = (np.searchsorted(np.array(grid.edges), rows.at[back], "right") - 1).astype(np.uint32)
    height = len(grid.edges) // WORD + words + 2
    people = int(persons[-1]) + 1 if len(persons) else 0
    bits = np.zeros((people, height), np.uint64)
    _set_bits(bits, persons[back], buckets)
    word, shift = cohorts // WORD, (cohorts % WORD).astype(np.uint64)
    periods = np.empty((len(starts), words), np.uint64)
    mine = persons[starts]
    for place in range(words):
        low = bits[mine, word + place] >> shift
        # A shift by 64 is no shift.
        high = np.where(shift > 0, bits[mine, word + place + 1] << (np.uint64(WORD) - np.maximum(shift, 1)), 0)
        periods[:, place] = low | high.astype(np.uint64)
    # What lies before the start in its own bucket is no return.
    after = Occurrences.of(rows.marked(RETURN)).after(starts) if len(starts) else starts
    held = np.minimum(after, max(0, len(rows) - 1))
    again = (after < len(rows)) & (persons[held] == mine) & (rows.at[held] < np.array(grid.edges)[cohorts + 1])
    periods[:, 0] = (periods[:, 0] & ~np.uint64(1)) | again.astype(np.uint64)
    return periods


def _set_bits(bits: NDArray[np.uint64], persons: NDArray[np.int32], places: NDArray[np.uint32]) -> None:
    """`persons` and with each of them `places` are rising."""
    if not len(persons):
        return
    words = (places // WORD).astype(np.intp)
    first = np.flatnonzero(np.append(True, (persons[1:] != persons[:-1]) | (words[1:] != words[:-1])))
    masks = np.uint64(1) << (places % WORD).astype(np.uint64)
    bits[persons[first], words[first]] = np.bitwise_or.reduceat(masks, first)


def _by_own_clock(
    asked: Retention,
    rows: EventRows,
    persons: NDArray[np.int32],
    starts: Places,
    cohorts: NDArray[np.int32],
    back: Places,
) -> NDArray[np.uint64]:
    """Cohort by cohort: a person has one start in each, and the periods are counted from it."""
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
        _set_bits(bits, entries[counts], period[counts].astype(np.uint32))
        periods[of_cohort] = bits
    return periods
