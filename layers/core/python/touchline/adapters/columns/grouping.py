"""Which row of an answer an event belongs to: the whole, a listed value, another value, or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from touchline.adapters.columns.tables import EventTable
from touchline.domain.properties import Scalar
from touchline.domain.queries.fields import Field
from touchline.domain.queries.tally import RowKind, Tally

type Places = NDArray[np.intp]

WHOLE_ROW: Final = 0


def row_heads(tally: Tally) -> list[tuple[RowKind, Scalar | None]]:
    if tally.field is None:
        return [("whole", None)]
    return [("whole", None), *(("value", key) for key in tally.listed), ("other", None), ("absent", None)]


@dataclass(frozen=True, slots=True)
class Grouped:
    """Events with the row that each counts for: an event with several listed values is here several times."""

    places: Places  # among the events that were given
    groups: Places


def grouped(table: EventTable, rows: Any, tally: Tally) -> Grouped | None:
    """The rows of an answer beside the whole; None without a breakdown."""
    if tally.field is None:
        return None
    codes = table.codes(tally.field)[rows]
    key = "groups", tally.field.name, tally.listed
    by_code = table.remembered(key) or table.remember(key, _groups_by_code(table, tally.field, tally.listed))
    starts, groups = by_code
    lengths = (starts[1:] - starts[:-1])[codes]
    if (lengths == 1).all():
        return Grouped(np.arange(len(codes)), groups[starts[codes]])
    places = np.repeat(np.arange(len(codes)), lengths)
    within = np.arange(len(places)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return Grouped(places, groups[starts[codes][places] + within])


def _groups_by_code(table: EventTable, field: Field, listed: Sequence[Scalar]) -> tuple[Places, Places]:
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
