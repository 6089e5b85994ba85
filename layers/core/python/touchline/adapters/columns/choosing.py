"""Which rows of a table meet filters: a filter is asked of each different value once, then looked up for each row."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from touchline.adapters.columns.tables import SomeRows
from touchline.domain.people import person_key
from touchline.domain.properties import Scalar
from touchline.domain.queries.criteria import Criterion
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.matching import amount_bounds, amounts_e4, meets_values
from touchline.domain.queries.ranges import TimeRange

type Mask = NDArray[np.bool_]

EQUAL: Final = frozenset({"eq", "in"})
UNEQUAL: Final = frozenset({"ne", "not_in"})


def rows_in(table: SomeRows, span: TimeRange) -> Mask | None:
    """None where all of them are."""
    start, end = span.start - table.day_start, span.end - table.day_start
    if start <= 0 and end >= 86_400_000:
        return None
    return (table.offsets >= max(start, 0)) & (table.offsets < max(end, 0))


def both(one: Mask | None, other: Mask | None) -> Mask | None:
    """None stands for all rows."""
    if one is None or other is None:
        return other if one is None else one
    return one & other


class Choosing:
    """Filters of one question on one table; each is looked up once."""

    def __init__(self, table: SomeRows) -> None:
        self._table = table
        self._masks: dict[Filter, Mask] = {}

    def meeting(self, filters: Sequence[Filter]) -> Mask | None:
        """The rows that meet all of them; None where nothing is asked."""
        found: Mask | None = None
        for one in filters:
            found = both(found, self._mask(one))
        return found

    def marks(self, criteria: Sequence[Criterion], within: Mask | None) -> NDArray[Any]:
        """Bit k says whether a row meets the k-th; of rows outside of `within` no bit is set."""
        found: NDArray[Any] = np.zeros(self._table.rows, np.uint8 if len(criteria) <= 8 else np.uint32)
        for bit, criterion in enumerate(criteria):
            mask = both(self.meeting(criterion), within)
            one = found.dtype.type(1 << bit)
            found |= one if mask is None else mask * one
        return found

    def _mask(self, one: Filter) -> Mask:
        if one not in self._masks:
            self._masks[one] = _amount_mask(self._table, one) if one.field.kind == "amount" else self._looked_up(one)
        return self._masks[one]

    def _looked_up(self, one: Filter) -> Mask:
        table = self._table.remembered(one)
        if table is None:
            table = self._table.remember(one, _accepted(self._table, one))
        found: Mask = np.take(table, self._table.codes(one.field))
        return found


def _accepted(table: SomeRows, one: Filter) -> Mask:
    """By code, whether events with it meet the filter."""
    if one.field.kind == "text" and one.operator in EQUAL | UNEQUAL:
        size = len(table.actor_keys) if one.field.name == "actor.id" else len(table.values(one.field))
        found = np.zeros(size, np.bool_)
        for value in one.values:
            found[_places(table, one, value)] = True
        return found if one.operator in EQUAL else ~found
    return np.array([meets_values(values, one) for values in table.values(one.field)], np.bool_)


def _places(table: SomeRows, one: Filter, value: Scalar) -> list[int]:
    """The code of one text, if it occurs: values are in the order of text, actors in the order of their keys."""
    if one.field.name == "actor.id":
        place = int(np.searchsorted(table.actor_keys, np.uint64(person_key(str(value)))))
        return [place] if place < len(table.actor_keys) and table.actor_keys[place] == person_key(str(value)) else []
    values = table.values(one.field)
    place = bisect_left(values, (str(value),), 1)
    return [place] if place < len(values) and values[place] == (value,) else []


def _amount_mask(table: SomeRows, one: Filter) -> Mask:
    present = table.has_amount()
    if one.operator == "exists":
        return present
    if one.operator == "missing" or table.amounts is None:
        return ~present if one.operator in UNEQUAL | {"missing"} else present
    return (
        ~(_amounts_meet(table.amounts, one) & present)
        if one.operator in UNEQUAL
        else present & _amounts_meet(table.amounts, one)
    )


def _amounts_meet(amounts: NDArray[np.int64], one: Filter) -> Mask:
    """`ne` and `not_in` as their contraries."""
    if one.operator in EQUAL | UNEQUAL:
        return np.isin(amounts, np.array(amounts_e4(one), np.int64))
    low, high = amount_bounds(one)
    found = np.ones(len(amounts), np.bool_)
    if low is not None:
        found &= amounts >= low
    if high is not None:
        found &= amounts <= high
    return found
