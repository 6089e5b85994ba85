"""A tally over the archive's columns: exact, with people resolved. What closed days add is kept between questions."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchline.adapters.columns.choosing import Mask
from touchline.adapters.columns.counting import Counted, OneTable, count_part
from touchline.adapters.columns.grouping import row_heads
from touchline.adapters.columns.numbering import Numbers, PeopleNumbers
from touchline.adapters.columns.tables import SomeRows
from touchline.domain.queries.cells import Cell, Part, Sum
from touchline.domain.queries.tally import Row, Tallied, Tally

type Wanted = Sequence[tuple[SomeRows, Mask | None]]


@dataclass(frozen=True, slots=True)
class Found:
    """One part over all tables: a cell for each row of the answer and bucket, and one for each row's total."""

    buckets: list[list[Cell]]
    totals: list[Cell]


def tally_tables(tables: Wanted, tally: Tally, people: PeopleNumbers, pool: Executor) -> Tallied:
    """`tables` with the rows that the tally's filters, range and people leave."""
    heads = row_heads(tally)
    size = len(heads), len(tally.edges) - 1

    def of_table(one: tuple[SomeRows, Mask | None]) -> list[Counted]:
        looked = OneTable(*one, tally)
        return [count_part(looked, part) for part in tally.parts]

    counted = list(pool.map(of_table, tables))
    numbers = people.of([table for table, _ in tables])
    parts = [
        _join(part, [of_parts[at] for of_parts in counted], numbers, len(people), *size)
        for at, part in enumerate(tally.parts)
    ]
    rows = [
        Row(
            kind,
            key,
            tuple(part.totals[row] for part in parts),
            [tuple(part.buckets[row][bucket] for part in parts) for bucket in range(size[1])],
        )
        for row, (kind, key) in enumerate(heads)
    ]
    return Tallied(rows, people_limit=len(people), exact=True)


def _join(
    part: Part, counted: Sequence[Counted], numbers: Sequence[Numbers], people: int, groups: int, buckets: int
) -> Found:
    if part.kind == "events":
        return _events(counted, groups, buckets)
    if part.kind == "actors":
        return _people(counted, numbers, people, groups, buckets)
    return _values(counted, groups, buckets, _percentiles(part) if part.percents else _sums(part))


def _events(counted: Sequence[Counted], groups: int, buckets: int) -> Found:
    sums = np.zeros((groups, buckets), np.int64)
    for one in counted:
        sums[one.groups, one.buckets] += one.amounts  # each cell once
    return _of_numbers(sums, sums.sum(axis=1))


def _people(counted: Sequence[Counted], numbers: Sequence[Numbers], people: int, groups: int, buckets: int) -> Found:
    """A person is counted once for a bucket, and once for the total, however many tables and actors she is in."""
    sums = np.zeros((groups, buckets), np.int64)
    ever = np.zeros(groups * people, np.bool_)
    waiting: dict[int, list[NDArray[np.int64]]] = {}
    for one, of_table in zip(counted, numbers, strict=True):
        who = one.groups * people + of_table[one.amounts]
        ever[who] = True
        for bucket, of_bucket in _by_bucket(one.buckets, who):
            waiting.setdefault(bucket, []).append(of_bucket)
    for bucket, several in waiting.items():
        sums[:, bucket] = _different(several, groups, people)
    return _of_numbers(sums, ever.reshape(groups, -1).sum(axis=1) if people else np.zeros(groups, np.int64))


def _by_bucket(buckets: NDArray[Any], who: NDArray[Any]) -> Iterator[tuple[int, NDArray[Any]]]:
    if len(buckets) and buckets[0] == buckets[-1] == buckets.min() == buckets.max():
        yield int(buckets[0]), who
        return
    for bucket in np.flatnonzero(np.bincount(buckets)).tolist() if len(buckets) else ():
        yield bucket, who[buckets == bucket]


def _different(several: Sequence[NDArray[np.int64]], groups: int, people: int) -> NDArray[np.int64]:
    """By row of the answer, how many people there are in several tables."""
    marks = np.zeros(groups * people, np.bool_)
    for who in several:
        marks[who] = True
    return np.asarray(marks.reshape(groups, -1).sum(axis=1), np.int64)


def _of_numbers(sums: NDArray[np.int64], totals: NDArray[np.int64]) -> Found:
    return Found(
        [[Cell(events=number) for number in row] for row in sums.tolist()],
        [Cell(events=number) for number in totals.tolist()],
    )


type CellOf = Callable[[list[tuple[str, NDArray[Any]]]], Cell]


def _values(counted: Sequence[Counted], groups: int, buckets: int, cell_of: CellOf) -> Found:
    """Each cell's values by currency."""
    of = np.concatenate([one.groups for one in counted] or [np.zeros(0, np.intp)])
    at = np.concatenate([one.buckets for one in counted] or [np.zeros(0, np.intp)])
    values = np.concatenate([one.amounts["value"] for one in counted] or [np.zeros(0)])
    names = [name for one in counted for name in one.amounts["currency"].tolist()]
    known = sorted(set(names))
    code = {name: number for number, name in enumerate(known)}
    currencies = np.array([code[name] for name in names], np.intp)
    every = _cells(of * buckets + at, currencies, values, known, cell_of)
    total = _cells(of, currencies, values, known, cell_of)
    nothing = cell_of([])
    return Found(
        [[every.get(row * buckets + bucket, nothing) for bucket in range(buckets)] for row in range(groups)],
        [total.get(row, nothing) for row in range(groups)],
    )


def _cells(
    cells: NDArray[Any], currencies: NDArray[Any], values: NDArray[Any], known: Sequence[str], cell_of: CellOf
) -> dict[int, Cell]:
    order = np.lexsort((values, currencies, cells))
    cells, currencies, values = cells[order], currencies[order], values[order]
    change = np.flatnonzero((cells[1:] != cells[:-1]) | (currencies[1:] != currencies[:-1])) + 1
    found: dict[int, list[tuple[str, NDArray[Any]]]] = {}
    for some in np.split(np.arange(len(cells)), change) if len(cells) else ():
        found.setdefault(int(cells[some[0]]), []).append((known[currencies[some[0]]], values[some]))
    return {cell: cell_of(by_currency) for cell, by_currency in found.items()}


def _sums(part: Part) -> CellOf:
    def cell_of(by_currency: list[tuple[str, NDArray[Any]]]) -> Cell:
        if part.kind == "amounts":
            return Cell(by_currency=tuple((name, Sum(exact_sum(values), len(values))) for name, values in by_currency))
        values = by_currency[0][1] if by_currency else np.zeros(0)
        return Cell(sum=Sum(float(values.sum()), len(values)))

    return cell_of


def exact_sum(values: NDArray[np.int64]) -> int:
    """Of whole numbers, also where 64 bits do not hold it."""
    return (int((values >> 32).sum()) << 32) + int((values & 0xFFFFFFFF).sum())


def _percentiles(part: Part) -> CellOf:
    def cell_of(by_currency: list[tuple[str, NDArray[Any]]]) -> Cell:
        if part.kind == "number_percentiles" and not by_currency:
            by_currency = [("", np.zeros(0))]
        return Cell(percentiles=tuple((name, _ranked(part.percents, values)) for name, values in by_currency))

    return cell_of


def _ranked(percents: Sequence[float], rising: NDArray[Any]) -> tuple[float | None, ...]:
    if not len(rising):
        return (None,) * len(percents)
    return tuple(float(rising[min(int(p / 100 * len(rising)), len(rising) - 1)]) for p in percents)
