"""A day's Parquet file as columns: DuckDB tells different values apart, and gives each row the number of its own."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from touchline.adapters.columns.layout import TEXTS
from touchline.adapters.columns.making import (
    Entries,
    Placing,
    Texts,
    event_columns,
    id_bytes,
    property_columns,
)
from touchline.adapters.columns.packing import MadeColumns
from touchline.adapters.duckdb.columns import FIELDS, sql_type

CHOSEN: Final = "CREATE OR REPLACE TEMP TABLE chosen AS SELECT row_number() OVER () - 1 AS row, * FROM ({relation})"
BASE: Final = 'SELECT "@timestamp" AS at, "sequence", "_id", "value"."amount_e4" AS amount FROM chosen ORDER BY row'
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


def make_columns(connection: Any, relation: str, parameters: dict[str, Any], day_start: int) -> MadeColumns:
    """`relation` selects `_id` and the document's fields of one tenant's day, which began at `day_start` (epoch ms)."""
    base, placing = _choose(connection, relation, parameters)
    texts = {name: _texts(connection, expression) for name, expression in TEXTS.items() if name != "actor.id"}
    amounts = _filled(base["amount"]) if np.ma.count(base["amount"]) else None
    return event_columns(placing, texts, day_start, amounts=amounts)


def make_properties(connection: Any, relation: str, parameters: dict[str, Any]) -> MadeColumns:
    placing = _choose(connection, relation, parameters)[1]
    connection.execute(PROPERTIES)
    distinct = connection.execute(DISTINCT).fetchnumpy()
    numbered = connection.execute(NUMBERED).fetchnumpy()
    keys, entries = np.asarray(distinct["key"]).tolist(), np.asarray(distinct["entry"]).tolist()
    return property_columns(placing, Entries(keys, entries, _filled(numbered["row"]), _filled(numbered["number"])))


def _choose(connection: Any, relation: str, parameters: dict[str, Any]) -> tuple[dict[str, Any], Placing]:
    connection.execute(CHOSEN.format(relation=_typed(relation)), parameters)
    base = connection.execute(BASE).fetchnumpy()
    actors = _texts(connection, TEXTS["actor.id"])
    return base, Placing(_filled(base["at"]), _filled(base["sequence"]), id_bytes(base["_id"]), actors)


def _typed(relation: str) -> str:
    """Structs with all their members, also those that a file from before they were known does not have."""
    typed = ", ".join(f'"{name}"::{sql_type(spec)} AS "{name}"' for name, spec in FIELDS.items())
    return f'SELECT "_id", {typed} FROM ({relation})'


def _texts(connection: Any, expression: str) -> Texts:
    values = [
        value
        for (value,) in connection.execute(
            f"SELECT DISTINCT {expression} AS value FROM chosen WHERE {expression} IS NOT NULL ORDER BY value"
        ).fetchall()
    ]
    connection.execute("DROP TYPE IF EXISTS coded")
    if not values:
        return Texts([], np.zeros(connection.execute("SELECT count(*) FROM chosen").fetchone()[0], np.int64))
    connection.execute(
        f"CREATE TEMP TYPE coded AS ENUM (SELECT DISTINCT {expression} AS value FROM chosen "
        f"WHERE {expression} IS NOT NULL ORDER BY value)"
    )
    codes = connection.execute(
        f"SELECT coalesce(enum_code(({expression})::coded)::BIGINT + 1, 0) AS code FROM chosen ORDER BY row"
    ).fetchnumpy()["code"]
    return Texts(values, _filled(codes))


def _filled(column: Any) -> NDArray[np.int64]:
    return np.asarray(np.ma.filled(column, 0), np.int64)
