"""Which value of a field a person's chain is counted under."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from touchline.domain.properties import Scalar
from touchline.domain.sequences.funnels import FunnelBreakdown
from touchline.domain.sequences.layouts import Places
from touchline.domain.sequences.rows import Coded, EventRows

type Values = tuple[Scalar, ...]


class Table:
    """Values as they come, each once; () is number 0."""

    def __init__(self) -> None:
        self.entries: list[Values] = [()]
        self._numbers: dict[tuple[tuple[type, Scalar], ...], int] = {(): 0}

    def number(self, values: Values) -> int:
        # A truth value is no number, although they are equal.
        key = tuple((type(value), value) for value in values)
        found = self._numbers.setdefault(key, len(self.entries))
        if found == len(self.entries):
            self.entries.append(values)
        return found


@dataclass(frozen=True, slots=True)
class StepValues:
    """`table[codes[person]]`: none, one or several values; `table[0]` is ()."""

    codes: NDArray[np.int32]
    table: tuple[Values, ...]

    def take(self, chosen: NDArray[np.bool_]) -> "StepValues":
        return StepValues(self.codes[chosen], self.table)

    @staticmethod
    def joined(parts: Sequence["StepValues"]) -> "StepValues":
        table = Table()
        codes = [np.array([table.number(values) for values in part.table], np.int32)[part.codes] for part in parts]
        return StepValues(np.concatenate(codes), tuple(table.entries))


def chosen_values(breakdown: FunnelBreakdown, rows: EventRows, step_rows: Places) -> StepValues:
    """`step_rows`: [people, steps], -1 where a step was not done."""
    coded = rows.fields[breakdown.field.name]
    done = step_rows >= 0
    codes = np.where(done, coded.codes[step_rows], 0) if len(rows) else np.zeros(step_rows.shape, np.int32)
    if breakdown.by == "all":
        return _common(codes, done, coded)
    chosen = _CHOICES[breakdown.by](codes, breakdown.step)
    return StepValues(chosen.astype(np.int32), coded.values)


def _first(codes: NDArray[np.int32], _: int) -> NDArray[np.int32]:
    """Of the steps whose event has the field at all."""
    return np.asarray(codes[np.arange(len(codes)), np.argmax(codes != 0, axis=1)])


def _last(codes: NDArray[np.int32], _: int) -> NDArray[np.int32]:
    return _first(codes[:, ::-1], 0)


def _at_step(codes: NDArray[np.int32], step: int) -> NDArray[np.int32]:
    return np.asarray(codes[:, step])


_CHOICES: dict[str, Callable[[NDArray[np.int32], int], NDArray[np.int32]]] = {
    "first": _first,
    "last": _last,
    "step": _at_step,
}


def _common(codes: NDArray[np.int32], done: NDArray[np.bool_], coded: Coded) -> StepValues:
    """The values that the events of all steps that were done share."""
    marked = np.where(done, codes, -1)
    kinds, inverse = np.unique(marked, axis=0, return_inverse=True)
    table = Table()
    numbers = [table.number(_shared([coded.values[code] for code in kind if code >= 0])) for kind in kinds]
    return StepValues(np.array(numbers, np.int32)[inverse.reshape(-1)], tuple(table.entries))


def _shared(several: Sequence[Values]) -> Values:
    return tuple(one for one in several[0] if all(any(_same(one, other) for other in some) for some in several))


def _same(one: Scalar, other: Scalar) -> bool:
    return type(one) is type(other) and one == other
