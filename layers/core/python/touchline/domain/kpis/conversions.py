"""What conversions come to: who, how often, for how much, who was new, who came back."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from touchline.domain.customer_value.purchases import Conversions
from touchline.domain.goals import FixedValue, Goal
from touchline.domain.kpis.counting import Counted, Entries, Rows, Whole, bucket_of, entries
from touchline.domain.sequences.rows import Coded, EventRows


@dataclass(frozen=True)
class Converted:
    """All conversions ever up to the end; `counts` where the question's filters hold."""

    rows: EventRows
    counts: NDArray[np.bool_]
    first: NDArray[np.bool_]  # each person's first ever
    amounts: Whole
    currencies: Coded

    def people(self) -> Whole:
        number = np.zeros(len(self.rows), np.int64)
        number[1:] = np.cumsum(self.rows.people[1:] != self.rows.people[:-1])
        return number


def conversions(rows: EventRows, goal: Goal, *, filtered: bool) -> Converted:
    """`rows`: of the goal's criteria, then, where `filtered`, of each of them with the filters."""
    first = np.ones(len(rows), np.bool_)
    first[1:] = rows.people[1:] != rows.people[:-1]
    counts = np.ones(len(rows), np.bool_)
    if filtered:
        counts = (rows.marks >> np.uint32(len(goal.criteria))) != 0
    if goal.counted == "once":
        rows, counts, first = rows.take(first), counts[first], first[first]
    amounts, currencies = _worth(rows, goal)
    return Converted(rows, counts, first, amounts, currencies)


def counted_in(found: Converted, edges: Sequence[int], field: str | None, breakdown: Rows) -> Entries:
    coded = found.rows.fields[field] if field is not None else None
    inside = entries(bucket_of(found.rows.at, edges), len(edges) - 1, coded, breakdown)
    return inside.of(found.counts)


def count_conversions(found: Converted, inside: Entries) -> dict[str, Counted]:
    return {
        "conversions": inside.events(),
        "converters": inside.by(found.people()).different(),
        "new_customers": inside.of(found.first).events(),
    }


def kept(
    found: Converted, before: tuple[int, int], now: tuple[int, int]
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """People with a conversion in [start, end) before, and those of them with one now."""
    there, here = (
        np.unique(found.rows.people[found.counts & (found.rows.at >= start) & (found.rows.at < end)])
        for start, end in (before, now)
    )
    return there, np.intersect1d(there, here, assume_unique=True)


def of_customers(found: Converted) -> Conversions:
    """All conversions of people whose first one meets the filters: those whom these won."""
    begins = np.flatnonzero(found.first)
    lengths = np.diff(np.concatenate((begins, [len(found.rows)])))
    chosen = np.repeat(found.counts[begins], lengths)
    return Conversions(
        found.rows.people[chosen],
        found.rows.at[chosen],
        found.amounts[chosen],
        Coded(found.currencies.codes[chosen], found.currencies.values),
    )


def latest(found: Converted) -> tuple[NDArray[np.uint64], Whole]:
    """Each person with a conversion that counts, and when the last of them was (epoch ms)."""
    people, at = found.rows.people[found.counts], found.rows.at[found.counts]
    last = np.ones(len(people), np.bool_)
    last[:-1] = people[1:] != people[:-1]
    return people[last], at[last]


def _worth(rows: EventRows, goal: Goal) -> tuple[Whole, Coded]:
    nothing = np.zeros(len(rows), np.int32)
    if isinstance(goal.value, FixedValue):
        return np.full(len(rows), goal.value.amount_e4, np.int64), Coded(nothing, ((goal.value.currency,),))
    if goal.value == "event" and rows.amounts is not None and rows.currencies is not None:
        return rows.amounts, rows.currencies
    return np.zeros(len(rows), np.int64), Coded(nothing, ((),))
