"""Cohorts: who entered in each bucket of time, and how long after it they converted.

The same rows come from stored memberships and from events; `cohorts_of_rows` is the definition, over events.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from touchline.domain.queries.attributed import Cohorts
from touchline.domain.queries.clock import DAY
from touchline.domain.sequences.rows import EventRows

MOST_PERIODS: Final = 90

type Mask = NDArray[np.bool_]
type Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Entering:
    """Masks of the rows, and what counts of them."""

    entry: Mask
    goal: Mask
    edges: tuple[int, ...]
    as_of: int  # epoch ms; what happened later does not count
    every: bool = False  # each entry by itself, not only a person's first
    once: bool = False  # only a person's first goal event ever is a conversion
    window_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Entered:
    """Each entry in the range: its row, its bucket, and the age at conversion, -1 without one."""

    rows: NDArray[np.intp]
    buckets: Ints
    ages: Ints


@dataclass(frozen=True, slots=True)
class CohortRow:
    """`by_age[k]` converted within k + 1 whole periods of 24 hours; None where not everyone has reached that age."""

    start: int
    end: int
    size: int
    converted: int
    by_age: tuple[int | None, ...]
    median_ms: int | None  # of those who converted
    complete: bool  # the bucket is over: nobody else can enter it


@dataclass(frozen=True, slots=True)
class PooledAge:
    """Over the cohorts that have all reached an age."""

    converted: int
    size: int


def entered_of_rows(rows: EventRows, wanted: Entering) -> Entered:
    """Rows reach back to a person's first entry (and first goal event, if it counts once), however long ago."""
    known = rows.at <= wanted.as_of
    entries = np.flatnonzero(wanted.entry & known)
    goals = np.flatnonzero(wanted.goal & known)
    if not wanted.every:
        entries = _firsts(rows, entries)
    if wanted.once:
        goals = _firsts(rows, goals)
    at = rows.at[entries]
    entries = entries[(at >= wanted.edges[0]) & (at < wanted.edges[-1])]
    ages = _ages(rows, entries, goals)
    if wanted.window_ms is not None:
        ages = np.where(ages > wanted.window_ms, -1, ages)
    buckets = np.searchsorted(np.array(wanted.edges), rows.at[entries], "right") - 1
    return Entered(entries, buckets.astype(np.int64), ages)


def cohorts_of(entered: Entered, buckets: int) -> Cohorts:
    converted = entered.ages >= 0
    sizes = np.bincount(entered.buckets, minlength=buckets).astype(np.int64)
    return Cohorts(sizes, entered.buckets[converted], entered.ages[converted])


def cohort_rows(found: Cohorts, edges: Sequence[int], as_of: int, periods: int) -> list[CohortRow]:
    """One for each bucket; ages 0 to `periods` - 1."""
    number = len(edges) - 1
    within = np.zeros((number, periods), np.int64)
    age = found.ages // DAY
    np.add.at(within, (found.buckets[age < periods], age[age < periods]), 1)
    cumulative = np.cumsum(within, axis=1)
    converted = np.bincount(found.buckets, minlength=number)
    return [
        CohortRow(
            edges[n],
            edges[n + 1],
            int(found.sizes[n]),
            int(converted[n]),
            tuple(int(cumulative[n, k]) if is_reached(edges[n + 1], k, as_of) else None for k in range(periods)),
            _median(found.ages[found.buckets == n]),
            edges[n + 1] <= as_of,
        )
        for n in range(number)
    ]


def is_reached(bucket_end: int, age: int, as_of: int) -> bool:
    """Whether everyone who can be in the bucket has lived through the period of this age."""
    return bucket_end + (age + 1) * DAY <= as_of


def pooled(rows: Sequence[CohortRow], periods: int) -> list[PooledAge]:
    found = []
    for k in range(periods):
        reached = [(row.by_age[k], row.size) for row in rows if row.by_age[k] is not None]
        found.append(PooledAge(sum(done or 0 for done, _ in reached), sum(size for _, size in reached)))
    return found


def _median(ages: Ints) -> int | None:
    """The age that half of them had at most: one that somebody had."""
    return int(np.percentile(ages, 50, method="inverted_cdf")) if len(ages) else None


def first_of_each(rows: EventRows, chosen: Mask) -> Mask:
    """Of the rows of a mask each person's first."""
    first = np.zeros(len(rows), np.bool_)
    first[_firsts(rows, np.flatnonzero(chosen))] = True
    return first


def _firsts(rows: EventRows, chosen: NDArray[np.intp]) -> NDArray[np.intp]:
    """Each person's first of the chosen rows."""
    people = rows.people[chosen]
    return chosen[np.concatenate(([True], people[1:] != people[:-1]))] if len(chosen) else chosen


def _ages(rows: EventRows, entries: NDArray[np.intp], goals: NDArray[np.intp]) -> Ints:
    """To each entry's first goal event at or after it in time, other than itself; -1 where there is none."""
    ages = np.full(len(entries), -1, np.int64)
    if not len(goals) or not len(entries):
        return ages
    # One rising number for each row: persons further apart than their events.
    person = np.cumsum(np.concatenate(([0], (rows.people[1:] != rows.people[:-1]).astype(np.int64))))
    moment = person * int(rows.at.max() - rows.at.min() + 1) + (rows.at - rows.at.min())
    place = np.searchsorted(moment[goals], moment[entries])
    last = len(goals) - 1
    place = place + (goals[np.minimum(place, last)] == entries)
    there = (place <= last) & (rows.people[goals[np.minimum(place, last)]] == rows.people[entries])
    ages[there] = rows.at[goals[place[there]]] - rows.at[entries[there]]
    return ages
