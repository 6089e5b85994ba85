"""Columns of one tenant's day, made from its events in whatever order they were read: rows by person, time, sequence
and `_id`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchline.adapters.columns.layout import (
    AMOUNT,
    BATCH,
    ID_STEP,
    dictionary,
    property_codes,
    property_rows,
)
from touchline.adapters.columns.order import event_order
from touchline.adapters.columns.packing import Column, MadeColumns
from touchline.domain.people import person_key
from touchline.domain.properties import read_entry

type Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Texts:
    """Different values in the order of text, and of each event the place of its own among them, from 1; 0 for none."""

    values: list[str]
    codes: Numbers


@dataclass(frozen=True, slots=True)
class Placing:
    """What says where an event's row is; arrays with an entry for each event."""

    at: Numbers  # epoch ms
    sequences: Numbers
    ids: NDArray[np.bytes_]  # of a width that is a multiple of ID_STEP
    actors: Texts

    def keys(self) -> NDArray[np.uint64]:
        return np.array([person_key(actor) for actor in self.actors.values] or [0], np.uint64)[self.actors.codes - 1]

    def order(self, keys: NDArray[np.uint64]) -> NDArray[np.intp]:
        return event_order(keys, self.at, self.sequences, self.ids)


@dataclass(frozen=True, slots=True)
class Entries:
    """Different entries of properties by key, and of each event those that it has: event n has `numbers[k]` wherever
    `events[k]` is n. `numbers` are rising."""

    keys: Sequence[str]  # of each entry, as it is written in it
    entries: Sequence[str]  # in the order of keys, then of text
    events: Numbers
    numbers: Numbers


def event_columns(
    placing: Placing,
    texts: Mapping[str, Texts],
    day_start: int,
    *,
    amounts: Numbers | None = None,
    batches: Numbers | None = None,
) -> MadeColumns:
    """`amounts`: ten-thousandths, None where no event has one: its currency tells whether an event has."""
    by_event = placing.keys()
    order = placing.order(by_event)
    keys = by_event[order]
    starts = run_starts(keys)
    actors = placing.actors
    columns: dict[str, Column] = {
        "at": (placing.at[order] - day_start).astype(np.uint32),
        "actor_keys": keys[starts[:-1]],
        "actor_starts": starts.astype(np.uint32),
        "actor_ids": [actors.values[code - 1] for code in actors.codes[order][starts[:-1]].tolist()],
        "sequence": placing.sequences[order],
        "ids": placing.ids[order],
    }
    for name, one in texts.items():
        if one.values:
            columns |= {name: _narrow(one.codes[order], len(one.values)), dictionary(name): one.values}
    if amounts is not None:
        columns[AMOUNT] = amounts[order]
    if batches is not None:
        columns[BATCH] = batches[order]
    return MadeColumns(len(order), columns)


def property_columns(placing: Placing, found: Entries) -> MadeColumns:
    """Of the same rows in the same order. Apart, because there are many of them, and most questions ask for none."""
    order = placing.order(placing.keys())
    row_of = np.empty(len(order), np.int64)
    row_of[order] = np.arange(len(order))
    columns: dict[str, Column] = {}
    bounds = run_starts(np.asarray(found.keys, object)) if len(found.keys) else np.zeros(1, np.intp)
    for first, last in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        key = read_entry(found.entries[first])[0]
        low, high = np.searchsorted(found.numbers, (first, last))
        rows, numbers = row_of[found.events[low:high]], found.numbers[low:high] - first
        columns |= _property(key, rows, numbers, list(found.entries[first:last]), len(order))
    return MadeColumns(len(order), columns)


def run_starts(sorted_values: NDArray[Any]) -> NDArray[np.intp]:
    """Where runs of equal values begin; with their number at the end."""
    if not len(sorted_values):
        return np.zeros(1, np.intp)
    change = np.flatnonzero(sorted_values[1:] != sorted_values[:-1]) + 1
    return np.concatenate(([0], change, [len(sorted_values)]))


def id_bytes(ids: Any) -> NDArray[np.bytes_]:
    """Of a width that is a multiple of ID_STEP."""
    found = np.asarray(ids, np.bytes_)
    return found.astype(f"S{-(-max(found.itemsize, 1) // ID_STEP) * ID_STEP}")


def _property(key: str, rows: Numbers, numbers: Numbers, entries: list[str], count: int) -> dict[str, Column]:
    """A code for each row that has the key; a row with several entries has a code of its own for all of them."""
    by_row = np.lexsort((numbers, rows))
    rows, numbers = rows[by_row], numbers[by_row]
    values: list[Any] = list(entries)
    if len(rows) > 1 and (several := np.flatnonzero(rows[1:] == rows[:-1])).size:
        rows, numbers = _joined(rows, numbers, values, np.unique(rows[several]))
    found: dict[str, Column] = {property_codes(key): _narrow(numbers + 1, len(values))}
    if len(rows) < count:
        found[property_rows(key)] = rows.astype(np.uint32)
    return found | {dictionary(property_codes(key)): values}


def _joined(rows: Numbers, numbers: Numbers, values: list[Any], several: Numbers) -> tuple[Numbers, Numbers]:
    known: dict[tuple[int, ...], int] = {}
    begins, ends = np.searchsorted(rows, several, "left"), np.searchsorted(rows, several, "right")
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        entries = tuple(numbers[begin:end].tolist())
        if entries not in known:
            known[entries] = len(values)
            values.append([values[number] for number in entries])
        numbers[begin] = known[entries]
    first = np.concatenate(([True], rows[1:] != rows[:-1]))
    return rows[first], numbers[first]


def _narrow(codes: Numbers, highest: int) -> NDArray[Any]:
    return codes.astype(np.min_scalar_type(highest))
