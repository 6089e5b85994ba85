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

    def by(self, key: Whole) -> "Grouped":
        """Grouped by `key` (one for each event that was read; from 0): sorted once, counted as often as wanted."""
        together = key[self.source] * self.rows + self.row
        order = np.argsort(together, kind="stable")
        return Grouped(
            Entries(self.source[order], self.row[order], self.bucket[order], self.rows, self.buckets), together[order]
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
class Grouped:
    """Entries in order of key and row, and of time within these: what is different differs from its neighbour."""

    entries: Entries
    together: Whole  # of key and row

    def different(self, wanted: NDArray[np.bool_] | None = None) -> Counted:
        """How many different keys have an event that is wanted."""
        inside, together = self.entries, self.together
        if wanted is not None:
            together = together[wanted[inside.source]]
            inside = inside.of(wanted)
        new = np.ones(len(together), np.bool_)
        new[1:] = together[1:] != together[:-1]
        total = np.bincount(inside.row[new], minlength=inside.rows).astype(np.int64)
        new[1:] |= inside.bucket[1:] != inside.bucket[:-1]
        cells = np.bincount((inside.row * inside.buckets + inside.bucket)[new], minlength=inside.rows * inside.buckets)
        return Counted(cells.astype(np.int64).reshape(inside.rows, inside.buckets), total)


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
    of_all, in_row = np.concatenate(source), np.concatenate(row)
    if len(source) > 2:  # of a row, events would not be in the order of time: a value may be anywhere among several
        order = np.argsort(of_all, kind="stable")
        of_all, in_row = of_all[order], in_row[order]
    return Entries(of_all, in_row, bucket[of_all], rows.number, buckets)


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
