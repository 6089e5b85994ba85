"""Part of a tally over one table: events, people and values by row of the answer and bucket."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from touchline.adapters.columns.choosing import Choosing, Mask, both
from touchline.adapters.columns.grouping import WHOLE_ROW, Grouping
from touchline.adapters.columns.layout import CURRENCY
from touchline.adapters.columns.ranges import expand
from touchline.adapters.columns.tables import SomeRows
from touchline.domain.event_times import DAY_MS
from touchline.domain.queries.cells import Part
from touchline.domain.queries.fields import PROPERTY, Field
from touchline.domain.queries.tally import Tally

type Places = NDArray[np.intp]

CURRENCY_FIELD: Final = Field(CURRENCY, "text")
# Beyond so many a mark for each possible pair costs more than sorting those that there are.
MOST_MARKS: Final = 20_000_000


@dataclass(frozen=True, slots=True)
class Counted:
    """Of events: how many. Of people: which actors of the table, each once. Of values: each, with its currency."""

    groups: Places  # rows of the answer
    buckets: Places
    amounts: NDArray[Any]


class OneTable:
    """A table's events that a tally is about."""

    def __init__(self, table: SomeRows, mask: Mask | None, tally: Tally) -> None:
        self.table = table
        self._mask = mask
        self._edges = np.array(tally.edges, np.int64) - table.day_start
        self.first, self.last = (int(n) - 1 for n in np.searchsorted(self._edges, (0, DAY_MS - 1), "right"))
        # A range may begin within the day or end in it: the mask leaves out what lies beyond.
        self.first, self.last = max(self.first, 0), min(self.last, len(tally.edges) - 2)
        self.grouping = None if tally.field is None else Grouping(table, tally.field, tally.listed)
        self._choosing = Choosing(table)

    def rows(self, part: Part) -> Places | slice:
        """The table's rows that count for a part."""
        mask = both(self._mask, self._choosing.meeting(part.filters))
        return slice(None) if mask is None else np.flatnonzero(mask)

    def width(self) -> int:
        """How many buckets the day reaches into."""
        return max(self.last - self.first + 1, 1)

    @cached_property
    def bucket_of_row(self) -> NDArray[np.intp]:
        """Counted from the day's first."""
        inner = self._edges[self.first + 1 : self.last + 1]
        return np.searchsorted(inner, self.table.offsets, "right")

    def in_buckets(self, values: NDArray[Any], rows: Places | slice, size: int) -> NDArray[Any]:
        """`values` below `size`, told apart by bucket."""
        if self.width() == 1:
            return values
        found: NDArray[Any] = self.bucket_of_row[rows] * size + values
        return found


def count_part(one: OneTable, part: Part) -> Counted:
    rows = one.rows(part)
    match part.kind:
        case "events":
            return _events(one, rows)
        case "actors":
            return _people(one, rows)
        case "amounts" | "amount_percentiles":
            return _values(one, rows, *_amounts(one.table, rows))
        case _:
            return _values(one, rows, *_numbers(one.table, rows, part.key))


def _events(one: OneTable, rows: Places | slice) -> Counted:
    """By code first, of which there are few, and then by row of the answer."""
    grouping, width = one.grouping, one.width()
    if grouping is None:
        number = len(one.table.offsets[rows])
        counts = np.bincount(one.bucket_of_row[rows], minlength=width) if width > 1 else np.array([number])
        return _non_zero(np.full(width, WHOLE_ROW), np.arange(width), counts, one.first)
    size = grouping.size
    counts = np.bincount(one.in_buckets(grouping.codes[rows], rows, size), minlength=width * size).reshape(width, size)
    buckets, codes = np.nonzero(counts)
    which, groups = grouping.expand(codes)
    whole = counts.sum(axis=1)
    return _summed(
        np.concatenate([np.full(width, WHOLE_ROW), groups]),
        np.concatenate([np.arange(width), buckets[which]]),
        np.concatenate([whole, counts[buckets, codes][which]]),
        one.first,
    )


def _summed(groups: Places, buckets: Places, counts: NDArray[Any], first: int) -> Counted:
    cells, number = np.unique(np.stack([groups, buckets]), axis=1, return_inverse=True)
    sums = np.zeros(cells.shape[1], np.int64)
    np.add.at(sums, number.reshape(-1), counts)
    return _non_zero(cells[0], cells[1], sums, first)


def _non_zero(groups: Places, buckets: Places, counts: NDArray[Any], first: int) -> Counted:
    there = counts > 0
    return Counted(groups[there], buckets[there] + first, counts[there])


def _people(one: OneTable, rows: Places | slice) -> Counted:
    actors, width = len(one.table.actor_keys), one.width()
    who = one.table.actor_of_row[rows]
    everybody = isinstance(rows, slice) and width == 1
    pairs = one.table.actors if everybody else _different(one.in_buckets(who, rows, actors), width * actors)
    found = [(np.full(len(pairs), WHOLE_ROW), pairs)]
    if one.grouping is not None:
        which, groups = one.grouping.expand(one.grouping.codes[rows])
        cells = one.in_buckets(who, rows, actors)[which].astype(np.int64) + groups * (width * actors)
        cells = _different(cells, (one.grouping.most + 1) * width * actors)
        found.append((cells // (width * actors), cells % (width * actors)))
    groups = np.concatenate([groups for groups, _ in found])
    pairs = np.concatenate([pairs for _, pairs in found])
    if width == 1:
        return Counted(groups, np.full(len(pairs), one.first), pairs)
    return Counted(groups, pairs // max(actors, 1) + one.first, pairs % max(actors, 1))


def _different(values: NDArray[Any], size: int) -> NDArray[Any]:
    if size > MOST_MARKS:
        return np.unique(values)
    marks = np.zeros(size, np.bool_)
    marks[values] = True
    return np.flatnonzero(marks)


def _values(one: OneTable, rows: Places | slice, places: Places, values: NDArray[Any]) -> Counted:
    """`places` says to which of the rows each value belongs."""
    buckets = one.bucket_of_row[rows][places] if one.width() > 1 else np.zeros(len(places), np.intp)
    groups = [np.full(len(places), WHOLE_ROW)]
    which = [np.arange(len(places))]
    if one.grouping is not None:
        expanded, of = one.grouping.expand(one.grouping.codes[rows][places])
        which.append(expanded)
        groups.append(of)
    chosen = np.concatenate(which)
    return Counted(np.concatenate(groups), buckets[chosen] + one.first, values[chosen])


def _amounts(table: SomeRows, rows: Places | slice) -> tuple[Places, NDArray[Any]]:
    codes = table.codes(CURRENCY_FIELD)[rows]
    places = np.flatnonzero(codes)
    pairs = np.empty(len(places), [("currency", object), ("value", np.int64)])
    names = np.array([values[0] if values else "" for values in table.values(CURRENCY_FIELD)], object)
    pairs["currency"] = names[codes[places]]
    pairs["value"] = 0 if table.amounts is None else table.amounts[rows][places]
    return places, pairs


def _numbers(table: SomeRows, rows: Places | slice, key: str) -> tuple[Places, NDArray[Any]]:
    """Each numeric value of the property; an event may have several."""
    field = Field(PROPERTY + key, "property")
    by_code = [_numeric(values) for values in table.values(field)]
    lengths = np.array([len(numbers) for numbers in by_code], np.intp)
    flat = np.array([number for numbers in by_code for number in numbers], np.float64)
    places, at = expand(table.codes(field)[rows], np.concatenate([[0], np.cumsum(lengths)]))
    pairs = np.empty(len(places), [("currency", object), ("value", np.float64)])
    pairs["currency"], pairs["value"] = "", flat[at]
    return places, pairs


def _numeric(values: Sequence[Any]) -> list[float]:
    return [float(value) for value in values if not isinstance(value, bool | str)]
