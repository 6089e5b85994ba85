"""Counts and sums by row of a breakdown and by bucket, each with its total over the whole range."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from touchline.domain.properties import Scalar
from touchline.domain.sequences.rows import Coded

type Whole = NDArray[np.int64]
OUTSIDE: Final = -1


@dataclass(frozen=True, slots=True)
class Counted:
    """`buckets`: rows × buckets. `total` is counted by itself: one person may be in several buckets."""

    buckets: Whole
    total: Whole


@dataclass(frozen=True, slots=True)
class Entries:
    """Events as they are counted: in the whole (row 0), and in the row of each value that they have."""

    source: NDArray[np.intp]  # the place of the event in the rows that were read
    row: Whole
    bucket: Whole  # never OUTSIDE
    rows: int
    buckets: int

    def of(self, wanted: NDArray[np.bool_]) -> "Entries":
        """Those whose event is wanted."""
        chosen = wanted[self.source]
        return Entries(self.source[chosen], self.row[chosen], self.bucket[chosen], self.rows, self.buckets)

    def events(self) -> Counted:
        cells = np.bincount(self.row * self.buckets + self.bucket, minlength=self.rows * self.buckets)
        found = cells.astype(np.int64).reshape(self.rows, self.buckets)
        return Counted(found, found.sum(axis=1))

    def different(self, key: Whole) -> Counted:
        """How many different `key`s (one for each event that was read)."""
        _, number = np.unique(key[self.source], return_inverse=True)
        in_row = np.unique(number.reshape(-1) * self.rows + self.row) % self.rows
        in_cell = np.unique((number.reshape(-1) * self.rows + self.row) * self.buckets + self.bucket)
        cells = np.bincount(in_cell % (self.rows * self.buckets), minlength=self.rows * self.buckets)
        return Counted(
            cells.astype(np.int64).reshape(self.rows, self.buckets),
            np.bincount(in_row, minlength=self.rows).astype(np.int64),
        )

    def sums(self, amounts: Whole, currencies: Coded) -> dict[str, Counted]:
        """By currency; exact."""
        found = {}
        codes = currencies.codes[self.source]
        for code in np.unique(codes):
            if not (currency := currencies.values[code]):
                continue
            chosen = codes == code
            cells = np.zeros(self.rows * self.buckets, np.int64)
            np.add.at(cells, self.row[chosen] * self.buckets + self.bucket[chosen], amounts[self.source[chosen]])
            shaped = cells.reshape(self.rows, self.buckets)
            found[str(currency[0])] = Counted(shaped, shaped.sum(axis=1))
        return dict(sorted(found.items()))


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a breakdown after the whole: the listed values, then other, then absent."""

    keys: tuple[Scalar, ...] = ()
    broken_down: bool = False

    @property
    def number(self) -> int:
        return 3 + len(self.keys) if self.broken_down else 1

    def of_value(self, value: Scalar) -> int:
        for place, key in enumerate(self.keys):
            if key == value and isinstance(key, bool) == isinstance(value, bool):
                return 1 + place
        return 1 + len(self.keys)


def bucket_of(at: Whole, edges: Sequence[int]) -> Whole:
    """OUTSIDE before the first and from the last edge on."""
    place = np.searchsorted(np.array(edges, np.int64), at, side="right") - 1
    return np.where((place >= 0) & (place < len(edges) - 1), place, OUTSIDE).astype(np.int64)


def entries(bucket: Whole, buckets: int, coded: Coded | None, rows: Rows) -> Entries:
    """Of all events inside; an event with several values is in the row of each, once."""
    inside = np.flatnonzero(bucket != OUTSIDE)
    source, row = [inside], [np.zeros(len(inside), np.int64)]
    if coded is not None and rows.broken_down:
        meant = [sorted({rows.of_value(one) for one in several}) or [rows.number - 1] for several in coded.values]
        for nth in range(max(map(len, meant), default=0)):
            nth_row = np.array([several[nth] if nth < len(several) else OUTSIDE for several in meant], np.int64)
            own = nth_row[coded.codes[inside]]
            source.append(inside[own != OUTSIDE])
            row.append(own[own != OUTSIDE])
    of_all = np.concatenate(source)
    return Entries(of_all, np.concatenate(row), bucket[of_all], rows.number, buckets)


def top_values(coded: Coded, bucket: Whole, top: int) -> Rows:
    """The values with the most events inside; of equal ones the first in the order of text."""
    number = np.bincount(coded.codes[bucket != OUTSIDE], minlength=len(coded.values))
    events: dict[tuple[bool, Scalar], int] = {}
    for several, count in zip(coded.values, number.tolist(), strict=True):
        for value in set(several) if count else ():
            key = isinstance(value, bool), value
            events[key] = events.get(key, 0) + count
    ranked = sorted(events, key=lambda key: (-events[key], str(key[1]), key[0]))
    return Rows(tuple(value for _, value in ranked[:top]), broken_down=True)
