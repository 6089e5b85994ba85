"""The rows of a breakdown of people: the whole, the values with most of them, all others, and those without."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from touchline.domain.properties import Scalar
from touchline.domain.sequences.step_values import StepValues
from touchline.errors import InvalidRequest

RowKind = Literal["whole", "value", "other", "absent"]


@dataclass(frozen=True, slots=True)
class RowName:
    kind: RowKind = "whole"
    key: Scalar | None = None  # of a value

    def facts(self) -> dict[str, Any]:
        named = {"key": self.key} if self.kind in {"value", "absent"} else {}
        return {"kind": self.kind, **named}

    def describe(self) -> str:
        return f"'{self.key}'" if self.kind == "value" else self.kind

    def same(self, other: "RowName") -> bool:
        """A truth value is no number, although they are equal."""
        return self == other and isinstance(self.key, bool) == isinstance(other.key, bool)


WHOLE_ROW: Final = RowName()


@dataclass(frozen=True, slots=True)
class ValueRow:
    name: RowName
    chosen: NDArray[np.bool_]  # of all people, or whatever else is counted, who is in it


def whole_row(number: int) -> ValueRow:
    return ValueRow(WHOLE_ROW, np.ones(number, np.bool_))


def rows_by_value(values: StepValues, top: int, ranked: NDArray[np.bool_]) -> list[ValueRow]:
    """`ranked`: who counts for the choice of the top. Of equal values the first in the order of text comes first."""
    counts = np.bincount(values.codes[ranked], minlength=len(values.table))
    by_value: dict[tuple[bool, Scalar], int] = {}
    for some, count in zip(values.table, counts.tolist(), strict=True):
        for one in some:
            by_value[isinstance(one, bool), one] = by_value.get((isinstance(one, bool), one), 0) + count
    known = [(key, count) for key, count in by_value.items() if count]
    known.sort(key=lambda pair: (-pair[1], str(pair[0][1]), pair[0][0]))
    listed = [key for key, _ in known[:top]]
    rows = [ValueRow(RowName("value", one), _having(values, {(is_bool, one)})) for is_bool, one in listed]
    return [
        whole_row(len(values.codes)),
        *rows,
        ValueRow(RowName("other"), _having(values, by_value.keys() - set(listed))),
        ValueRow(RowName("absent"), np.asarray(values.codes == 0)),
    ]


def _having(values: StepValues, wanted: set[tuple[bool, Scalar]]) -> NDArray[np.bool_]:
    holds = [any((isinstance(one, bool), one) in wanted for one in some) for some in values.table]
    return np.array(holds, np.bool_)[values.codes]


def row_named(rows: Sequence[ValueRow], wanted: RowName, where: str) -> ValueRow:
    """Raises InvalidRequest."""
    for row in rows:
        if row.name.same(wanted):
            return row
    known = ", ".join(row.name.describe() for row in rows)
    raise InvalidRequest(f"The answer has no row {wanted.describe()[:80]}. Its rows: {known[:400]}.", field=where)
