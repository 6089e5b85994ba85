"""A day's events as columns, made by DuckDB from Parquet or from the lines of batches: rows by actor and time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from touchline.adapters.columns.layout import (
    AMOUNT,
    BATCH,
    ID_STEP,
    TEXTS,
    dictionary,
    property_codes,
    property_rows,
)
from touchline.adapters.columns.order import event_order
from touchline.adapters.columns.packing import Column, MadeColumns
from touchline.adapters.duckdb.columns import FIELDS, sql_type
from touchline.domain.people import person_key
from touchline.domain.properties import read_entry

CHOSEN: Final = "CREATE OR REPLACE TEMP TABLE chosen AS SELECT row_number() OVER () - 1 AS row, * FROM ({relation})"
BASE: Final = (
    'SELECT "@timestamp" AS at, "sequence", "_id", "value"."amount_e4" AS amount{more} FROM chosen ORDER BY row'
)
# An entry's key with its escapes; keys are told apart in SQL so that Python reads each only once.
PROPERTIES: Final = r"""
CREATE OR REPLACE TEMP TABLE entries AS
SELECT row, entry, regexp_extract(entry, '^((?:[^=:\\]|\\.)*)(:?=)', 1) AS key
FROM (SELECT row, unnest(list_distinct("properties")) AS entry FROM chosen)
"""
DISTINCT: Final = "SELECT key, entry FROM (SELECT DISTINCT key, entry FROM entries) ORDER BY key, entry"
NUMBERED: Final = """
SELECT entries.row, numbered.number FROM entries
JOIN (
    SELECT entry, row_number() OVER (ORDER BY key, entry) - 1 AS number FROM (SELECT DISTINCT key, entry FROM entries)
) numbered USING (entry) ORDER BY numbered.number
"""


# By connection, relation, its parameters and the day's start in epoch ms.
type MakeColumns = Callable[[Any, str, dict[str, Any], int], MadeColumns]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rows of a relation, and the order that they are put in."""

    base: dict[str, Any]
    actors: list[str]
    actor_codes: NDArray[np.int64]  # by row, from 1
    keys: NDArray[np.uint64]
    order: NDArray[np.intp]


def make_columns(connection: Any, relation: str, parameters: dict[str, Any], day_start: int) -> MadeColumns:
    """`relation` selects `_id` and the document's fields of one tenant's day."""
    chosen = _choose(connection, relation, parameters)
    base, order, keys = chosen.base, chosen.order, chosen.keys[chosen.order]
    starts = _run_starts(keys)
    columns: dict[str, Column] = {
        "at": (_filled(base["at"])[order] - day_start).astype(np.uint32),
        "actor_keys": keys[starts[:-1]],
        "actor_starts": starts.astype(np.uint32),
    }
    columns |= _texts(connection, order)
    columns |= _amounts(base["amount"], order)
    columns["actor_ids"] = [chosen.actors[code - 1] for code in chosen.actor_codes[order][starts[:-1]].tolist()]
    columns["sequence"] = _filled(base["sequence"])[order]
    columns["ids"] = _id_bytes(base["_id"])[order]
    if BATCH in base:
        columns[BATCH] = _filled(base[BATCH])[order]
    return MadeColumns(len(order), columns)


def make_properties(connection: Any, relation: str, parameters: dict[str, Any], _: int) -> MadeColumns:
    """The rows in the same order. Apart, because there are many of them, and most questions ask for none."""
    order = _choose(connection, relation, parameters).order
    return MadeColumns(len(order), _properties(connection, order))


def _choose(connection: Any, relation: str, parameters: dict[str, Any]) -> Chosen:
    more = f', "{BATCH}"' if BATCH in relation else ""
    connection.execute(CHOSEN.format(relation=_typed(relation, more)), parameters)
    base = connection.execute(BASE.format(more=more)).fetchnumpy()
    actors, codes = _coded(connection, TEXTS["actor.id"])
    keys = np.array([person_key(actor) for actor in actors] or [0], np.uint64)[codes - 1]
    order = event_order(keys, _filled(base["at"]), _filled(base["sequence"]), _id_bytes(base["_id"]))
    return Chosen(base, actors, codes, keys, order)


def _typed(relation: str, more: str) -> str:
    """Structs with all their members, also those that a file from before they were known does not have."""
    typed = ", ".join(f'"{name}"::{sql_type(spec)} AS "{name}"' for name, spec in FIELDS.items())
    return f'SELECT "_id", {typed}{more} FROM ({relation})'


def _texts(connection: Any, order: NDArray[np.intp]) -> dict[str, Column]:
    found: dict[str, Column] = {}
    for name, expression in TEXTS.items():
        if name == "actor.id":
            continue
        values, codes = _coded(connection, expression)
        if values:
            found |= {name: _narrow(codes[order], len(values)), dictionary(name): values}
    return found


def _coded(connection: Any, expression: str) -> tuple[list[str], NDArray[np.int64]]:
    """The values in the order of text, and each row's number among them, from 1; 0 without a value."""
    values = [
        value
        for (value,) in connection.execute(
            f"SELECT DISTINCT {expression} AS value FROM chosen WHERE {expression} IS NOT NULL ORDER BY value"
        ).fetchall()
    ]
    connection.execute("DROP TYPE IF EXISTS coded")
    if not values:
        return [], np.zeros(connection.execute("SELECT count(*) FROM chosen").fetchone()[0], np.int64)
    connection.execute(
        f"CREATE TEMP TYPE coded AS ENUM (SELECT DISTINCT {expression} AS value FROM chosen "
        f"WHERE {expression} IS NOT NULL ORDER BY value)"
    )
    codes = connection.execute(
        f"SELECT coalesce(enum_code(({expression})::coded)::BIGINT + 1, 0) AS code FROM chosen ORDER BY row"
    ).fetchnumpy()["code"]
    return values, _filled(codes)


def _amounts(amounts: Any, order: NDArray[np.intp]) -> dict[str, Column]:
    """Whether an event has an amount is told by its currency: they come together."""
    if not np.ma.count(amounts):
        return {}
    return {AMOUNT: _filled(amounts)[order]}


def _properties(connection: Any, order: NDArray[np.intp]) -> dict[str, Column]:
    connection.execute(PROPERTIES)
    distinct = connection.execute(DISTINCT).fetchnumpy()
    numbered = connection.execute(NUMBERED).fetchnumpy()
    if not len(distinct["entry"]):
        return {}
    new_place = np.empty(len(order), np.int64)
    new_place[order] = np.arange(len(order))
    rows, numbers = new_place[_filled(numbered["row"])], _filled(numbered["number"])
    keys, entries = np.asarray(distinct["key"]), np.asarray(distinct["entry"])
    bounds = _run_starts(keys)
    found: dict[str, Column] = {}
    for first, last in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        key = read_entry(entries[first])[0]
        low, high = np.searchsorted(numbers, (first, last))
        found |= _property(key, rows[low:high], numbers[low:high] - first, entries[first:last].tolist(), len(order))
    return found


def _property(
    key: str, rows: NDArray[np.int64], numbers: NDArray[np.int64], entries: list[str], count: int
) -> dict[str, Column]:
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


def _joined(
    rows: NDArray[np.int64], numbers: NDArray[np.int64], values: list[Any], several: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
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


def _run_starts(sorted_values: NDArray[Any]) -> NDArray[np.intp]:
    if not len(sorted_values):
        return np.zeros(1, np.intp)
    change = np.flatnonzero(sorted_values[1:] != sorted_values[:-1]) + 1
    return np.concatenate(([0], change, [len(sorted_values)]))


def _narrow(codes: NDArray[np.int64], highest: int) -> NDArray[Any]:
    return codes.astype(np.min_scalar_type(highest))


def _filled(column: Any) -> NDArray[np.int64]:
    return np.asarray(np.ma.filled(column, 0), np.int64)


def _id_bytes(ids: Any) -> NDArray[np.bytes_]:
    """Of a width that is a multiple of ID_STEP."""
    found = np.asarray(ids, np.bytes_)
    return found.astype(f"S{-(-max(found.itemsize, 1) // ID_STEP) * ID_STEP}")
