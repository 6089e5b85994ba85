"""Which row of an answer an event belongs to: the whole, a listed value, another value, or none."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from touchline.adapters.columns.ranges import expand
from touchline.adapters.columns.tables import SomeRows
from touchline.domain.properties import Scalar
from touchline.domain.queries.fields import Field
from touchline.domain.queries.tally import RowKind, Tally

type Places = NDArray[np.intp]

WHOLE_ROW: Final = 0


def row_heads(tally: Tally) -> list[tuple[RowKind, Scalar | None]]:
    if tally.field is None:
        return [("whole", None)]
    return [("whole", None), *(("value", key) for key in tally.listed), ("other", None), ("absent", None)]


class Grouping:
    """The rows beside the whole, for one table: an event with several listed values counts for each of them."""

    def __init__(self, table: SomeRows, field: Field, listed: Sequence[Scalar]) -> None:
        self.codes: NDArray[Any] = table.codes(field)
        self.most = len(listed) + 2
        key = "groups", field.name, tuple((type(one) is bool, one) for one in listed)
        self._by_code = table.remembered(key) or table.remember(key, _groups_by_code(table, field, listed))

    @property
    def size(self) -> int:
        """How many codes there are."""
        return len(self._by_code[0]) - 1

    def expand(self, codes: NDArray[Any]) -> tuple[Places, Places]:
        """The rows of the answer that events with these codes count for: which code, which row."""
        starts, groups = self._by_code
        if self._one_each:
            return np.arange(len(codes)), groups[codes]
        places, at = expand(codes, starts)
        return places, groups[at]

    @cached_property
    def _one_each(self) -> bool:
        starts, groups = self._by_code
        return len(groups) == len(starts) - 1


def _groups_by_code(table: SomeRows, field: Field, listed: Sequence[Scalar]) -> tuple[Places, Places]:
    """The rows of the answer that events with a code count for: those of code c at `starts[c]` to `starts[c + 1]`."""
    other, absent = len(listed) + 1, len(listed) + 2
    numbers = {(type(key) is bool, key): number for number, key in enumerate(listed, 1)}
    found: list[int] = []
    starts = [0]
    for values in table.values(field):
        mine = sorted({numbers[of] for value in values if (of := (type(value) is bool, value)) in numbers})
        found += mine or [other if values else absent]
        starts.append(len(found))
    return np.array(starts, np.intp), np.array(found, np.intp)
