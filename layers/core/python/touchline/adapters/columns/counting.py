"""Part of a tally over one table: events, people and values by row of the answer and bucket."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchline.adapters.columns.choosing import Choosing, Mask
from touchline.adapters.columns.grouping import Grouped, Places, grouped
from touchline.adapters.columns.layout import CURRENCY
from touchline.adapters.columns.tables import EventTable
from touchline.domain.queries.cells import Part
from touchline.domain.queries.fields import PROPERTY, Field
from touchline.domain.queries.tally import Tally

CURRENCY_FIELD = Field(CURRENCY, "text")


@dataclass(frozen=True, slots=True)
class Counted:
    """`groups` is a row of the answer, `buckets` a bucket.

    Of events: how many. Of people: who, each once. Of values: each, with its currency ("" for numbers).
    """

    groups: Places
    buckets: Places
    amounts: NDArray[Any]  # events: their number; people: actors of the table; values: these


@dataclass(frozen=True, slots=True)
class OneTable:
    """A table's events that a tally is about: rows, their buckets and rows of the answer."""

    table: EventTable
    rows: Places
    buckets: Places
    groups: Grouped | None

    def cells(self) -> tuple[Places, Places, Places]:
        """Rows of the table, rows of the answer and buckets, for each time that an event counts."""
        whole = np.zeros(len(self.rows), np.intp)
        if self.groups is None:
            return self.rows, whole, self.buckets
        places = self.groups.places
        return (
            np.concatenate([self.rows, self.rows[places]]),
            np.concatenate([whole, self.groups.groups]),
            np.concatenate([self.buckets, self.buckets[places]]),
        )


def look_at(table: EventTable, mask: Mask | None, tally: Tally) -> OneTable:
    rows = np.arange(table.rows) if mask is None else np.flatnonzero(mask)
    edges = np.array(tally.edges, np.int64) - table.day_start
    first, last = int(np.searchsorted(edges, 0, "right")) - 1, int(np.searchsorted(edges, 86_400_000 - 1, "right")) - 1
    if first == last:
        buckets = np.full(len(rows), first, np.intp)
    else:
        inner = edges[max(first, 0) : last + 1]
        buckets = max(first, 0) + np.searchsorted(inner, table.offsets[rows], "right") - 1
    return OneTable(table, rows, buckets, grouped(table, rows, tally))


def count_part(one: OneTable, choosing: Choosing, part: Part, groups: int, buckets: int) -> Counted:
    """Raises nothing: a field that no event has counts nothing."""
    rows, of, at = one.cells()
    mask = choosing.meeting(part.filters)
    if mask is not None:
        chosen = mask[rows]
        rows, of, at = rows[chosen], of[chosen], at[chosen]
    if part.kind == "events":
        counts = np.bincount(of * buckets + at, minlength=groups * buckets)
        cells = np.flatnonzero(counts)
        return Counted(cells // buckets, cells % buckets, counts[cells])
    if part.kind == "actors":
        return _people(one.table, rows, of, at)
    if part.kind in {"amounts", "amount_percentiles"}:
        return _amounts(one.table, rows, of, at)
    return _numbers(one.table, part, rows, of, at)


def _people(table: EventTable, rows: Places, of: Places, at: Places) -> Counted:
    actors = len(table.actor_keys)
    low = int(at.min()) if len(at) else 0
    width = int(at.max()) - low + 1 if len(at) else 1
    size = (int(of.max()) + 1 if len(of) else 1) * width * actors
    cells = (of * width + (at - low)) * actors + table.actor_of_row[rows]
    found = _different(cells, size)
    who, cells = found % actors if actors else found, found // max(actors, 1)
    return Counted(cells // width, cells % width + low, who)


# Beyond so many a mark for each possible pair costs more than sorting those that there are.
MOST_MARKS = 20_000_000


def _different(values: Places, size: int) -> Places:
    if size > MOST_MARKS:
        return np.unique(values)
    marks = np.zeros(size, np.bool_)
    marks[values] = True
    return np.flatnonzero(marks)


def _amounts(table: EventTable, rows: Places, of: Places, at: Places) -> Counted:
    there = table.has_amount()[rows]
    rows, of, at = rows[there], of[there], at[there]
    amounts = np.zeros(len(rows), np.int64) if table.amounts is None else table.amounts[rows]
    names = np.array([values[0] if values else "" for values in table.values(CURRENCY_FIELD)], object)
    pairs = np.empty(len(rows), [("currency", object), ("value", np.int64)])
    pairs["currency"], pairs["value"] = names[table.codes(CURRENCY_FIELD)[rows]], amounts
    return Counted(of, at, pairs)


def _numbers(table: EventTable, part: Part, rows: Places, of: Places, at: Places) -> Counted:
    """Each numeric value of the property; an event may have several."""
    field = Field(PROPERTY + part.key, "property")
    by_code = [_numeric(values) for values in table.values(field)]
    lengths = np.array([len(numbers) for numbers in by_code], np.intp)
    flat = np.array([number for numbers in by_code for number in numbers], np.float64)
    starts = np.cumsum(lengths) - lengths
    codes = table.codes(field)[rows]
    times = lengths[codes]
    places = np.repeat(np.arange(len(rows)), times)
    within = np.arange(len(places)) - np.repeat(np.cumsum(times) - times, times)
    pairs = np.empty(len(places), [("currency", object), ("value", np.float64)])
    pairs["currency"], pairs["value"] = "", flat[starts[codes][places] + within]
    return Counted(of[places], at[places], pairs)


def _numeric(values: Sequence[Any]) -> list[float]:
    return [float(value) for value in values if not isinstance(value, bool | str)]
