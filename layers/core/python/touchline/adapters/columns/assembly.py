"""Chosen rows of several tables as one sequence: each person's events together, in their order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchline.adapters.columns.layout import CURRENCY
from touchline.adapters.columns.order import event_order
from touchline.adapters.columns.people import Keys
from touchline.adapters.columns.tables import SomeRows
from touchline.domain.properties import Scalar
from touchline.domain.queries.fields import Field
from touchline.domain.sequences.rows import Coded, EventRows, RowsQuestion


@dataclass(frozen=True, slots=True)
class Piece:
    """What a question takes from one table. Pieces come in the order of their days."""

    table: SomeRows
    rows: NDArray[np.intp] | slice  # a slice where all are taken: nothing is copied twice
    marks: NDArray[Any]  # by chosen row
    person_keys: Keys  # by actor of the table

    def __len__(self) -> int:
        return len(self.marks)

    def of(self, column: NDArray[Any]) -> NDArray[Any]:
        found: NDArray[Any] = column[self.rows]
        return found


def assemble(pieces: Sequence[Piece], question: RowsQuestion, mingled: Keys) -> EventRows:
    """`mingled`: persons with rows in two tables of a day, or of several actors: their rows are put in order anew."""
    pieces = [piece for piece in pieces if len(piece)]
    keys = _joined(pieces, np.uint64, lambda piece: piece.person_keys[piece.of(piece.table.actor_of_row)])
    at = _joined(pieces, np.int64, lambda piece: piece.table.day_start + piece.of(piece.table.offsets).astype(np.int64))
    order = np.argsort(keys, kind="stable")
    keys, at = keys[order], at[order]
    if len(mingled):
        _mend(pieces, order, keys, at, mingled)
    marks = _joined(pieces, np.uint32, lambda piece: piece.marks)[order]
    amounts = currencies = None
    if question.amounts:
        amounts = _joined(pieces, np.int64, _amounts)[order]
        currencies = _coded(pieces, Field(CURRENCY, "text"), order)
    return EventRows(
        keys,
        at,
        marks,
        {field.name: _coded(pieces, field, order) for field in question.fields},
        amounts,
        currencies,
        _ids(pieces)[order] if question.ids else None,
        _sequences(pieces)[order] if question.sequences else None,
    )


def _joined(pieces: Sequence[Piece], dtype: Any, of: Callable[[Piece], NDArray[Any]]) -> NDArray[Any]:
    if not pieces:
        return np.zeros(0, dtype)
    return np.concatenate([of(piece) for piece in pieces], dtype=dtype, casting="unsafe")


def _amounts(piece: Piece) -> NDArray[Any]:
    amounts = piece.table.amounts
    return np.zeros(len(piece), np.int64) if amounts is None else piece.of(amounts)


def _ids(pieces: Sequence[Piece]) -> NDArray[Any]:
    if not pieces:
        return np.zeros(0, object)
    found = np.concatenate([piece.of(piece.table.ids) for piece in pieces])
    return np.char.decode(found, "ascii").astype(object)


def _sequences(pieces: Sequence[Piece]) -> NDArray[np.int64]:
    return _joined(pieces, np.int64, lambda piece: piece.of(piece.table.sequences))


def _coded(pieces: Sequence[Piece], field: Field, order: NDArray[np.intp]) -> Coded:
    known: dict[tuple[Scalar, ...], int] = {(): 0}
    found = []
    for piece in pieces:
        codes = piece.of(piece.table.codes(field))
        values = piece.table.values(field)
        used = np.flatnonzero(np.bincount(codes, minlength=len(values)))
        joint = np.zeros(len(values), np.int32)
        joint[used] = [known.setdefault(values[code], len(known)) for code in used.tolist()]
        found.append(joint[codes])
    codes = np.concatenate(found) if found else np.zeros(0, np.int32)
    return Coded(codes[order], tuple(known))


def _mend(pieces: Sequence[Piece], order: NDArray[np.intp], keys: Keys, at: NDArray[np.int64], mingled: Keys) -> None:
    """Put the rows of mingled persons in order, in `order` and `at` themselves."""
    begins, ends = np.searchsorted(keys, mingled, "left"), np.searchsorted(keys, mingled, "right")
    several = ends - begins > 1
    places = _ranges(begins[several], ends[several])
    if not len(places):
        return
    numbers = order[places]
    sequences, ids = _sequences_and_ids(pieces, numbers)
    mended = event_order(keys[places], at[places], sequences, ids)
    order[places], at[places] = numbers[mended], at[places][mended]


def _ranges(begins: NDArray[np.intp], ends: NDArray[np.intp]) -> NDArray[np.intp]:
    """All numbers of the ranges, one after the other."""
    lengths = ends - begins
    if not lengths.sum():
        return np.zeros(0, np.intp)
    steps = np.ones(lengths.sum(), np.intp)
    steps[0] = begins[0]
    heads = np.cumsum(lengths)[:-1]
    steps[heads] = begins[1:] - ends[:-1] + 1
    return np.cumsum(steps)


def _sequences_and_ids(
    pieces: Sequence[Piece], numbers: NDArray[np.intp]
) -> tuple[NDArray[np.int64], NDArray[np.bytes_]]:
    """Of rows by their number among all chosen rows, piece after piece; only these are read."""
    bounds = np.cumsum([0, *map(len, pieces)])
    width = max(piece.table.ids.dtype.itemsize for piece in pieces)
    sequences, ids = np.empty(len(numbers), np.int64), np.empty(len(numbers), f"S{width}")
    for piece, (first, last) in zip(pieces, pairwise(bounds.tolist()), strict=True):
        mine = (numbers >= first) & (numbers < last)
        rows = numbers[mine] - first
        if not isinstance(piece.rows, slice):
            rows = piece.rows[rows]
        sequences[mine], ids[mine] = piece.table.sequences[rows], piece.table.ids[rows]
    return sequences, ids
