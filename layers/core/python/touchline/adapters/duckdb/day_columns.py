"""Files of columns, made from a day's Parquet file."""

from typing import Final

from touchline.adapters.columns.layout import EVENTS, ORDER, ORDER_COLUMNS, PROPERTIES
from touchline.adapters.columns.packing import pack
from touchline.adapters.duckdb.columns import NAMES
from touchline.adapters.duckdb.event_columns import make_columns, make_properties
from touchline.adapters.duckdb.workplace import workplace
from touchline.domain.archive import start_of_day

MEMORY: Final = "1GB"


def pack_day(day: str, events: bytes, memory: str = MEMORY) -> dict[str, bytes]:
    """A Parquet file's columns, by kind of file."""
    with workplace(memory) as place, place.holding(events) as file:
        relation = f"SELECT {NAMES} FROM read_parquet($file)"
        made = make_columns(place.connection, relation, {"file": str(file)}, start_of_day(day))
        properties = make_properties(place.connection, relation, {"file": str(file)})
    files = {
        EVENTS: {name: column for name, column in made.columns.items() if name not in ORDER_COLUMNS},
        ORDER: {name: made.columns[name] for name in ORDER_COLUMNS},
        PROPERTIES: properties.columns,
    }
    return {kind: pack(columns, {"rows": made.rows}) for kind, columns in files.items()}
