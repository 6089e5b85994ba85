"""Files of columns, made from a day's Parquet file or from the batches that no day has yet."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

import orjson
import zstandard

from touchline.adapters.columns.layout import BATCH, EVENTS, ORDER, ORDER_COLUMNS, PROPERTIES
from touchline.adapters.columns.packing import MadeColumns, pack
from touchline.adapters.duckdb.columns import NAMES, json_columns
from touchline.adapters.duckdb.event_columns import MakeColumns, make_columns, make_properties
from touchline.adapters.duckdb.workplace import workplace
from touchline.domain.archive import day_of_index, start_of_day

# The action line of an event, of `_bulk` bodies as we write them.
ACTION: Final = re.compile(rb'\{"create":\{"_index":"(events-[^"]+)","_id":"([^"]+)"\}\}\n')
STAGED: Final = f"""
CREATE TEMP TABLE staged AS
SELECT * FROM read_json($file, format = 'newline_delimited', columns = {json_columns(BATCH)},
                        maximum_object_size = 1048576)
WHERE "_day" LIKE 'events-%' AND "tenant" = $tenant
"""
MEMORY: Final = "1GB"


def pack_day(day: str, events: bytes, memory: str = MEMORY) -> dict[str, bytes]:
    """A Parquet file's columns, by kind of file."""
    with workplace(memory) as place, place.holding(events) as file:
        relation = f"SELECT {NAMES} FROM read_parquet($file)"
        made = make_columns(place.connection, relation, {"file": str(file)}, start_of_day(day))
        properties = make_properties(place.connection, relation, {"file": str(file)}, start_of_day(day))
    files = {
        EVENTS: {name: column for name, column in made.columns.items() if name not in ORDER_COLUMNS},
        ORDER: {name: made.columns[name] for name in ORDER_COLUMNS},
        PROPERTIES: properties.columns,
    }
    return {kind: pack(columns, {"rows": made.rows}) for kind, columns in files.items()}


def batch_days(
    tenant: str, bodies: Sequence[bytes | memoryview], kind: str = EVENTS, memory: str = MEMORY
) -> dict[str, MadeColumns]:
    """The tenant's events of several batches by day: EVENTS with ORDER and with BATCH, which says what batch each came
    with, or PROPERTIES."""
    make: MakeColumns = make_properties if kind == PROPERTIES else make_columns
    with workplace(memory) as place:
        staged = place.new_file()
        with staged.open("wb") as file:
            for number, body in enumerate(bodies):
                file.writelines(_lines(tenant, number, body))
        place.connection.execute(STAGED, {"file": str(staged), "tenant": tenant})
        staged.unlink()
        indices = [index for (index,) in place.connection.execute('SELECT DISTINCT "_day" FROM staged').fetchall()]
        days = {day: index for index in indices if (day := day_of_index(index)) is not None}
        relation = f'SELECT {NAMES}, "{BATCH}" FROM staged WHERE "_day" = $index'
        return {
            day: make(place.connection, relation, {"index": index}, start_of_day(day))
            for day, index in sorted(days.items())
        }


def _lines(tenant: str, number: int, body: bytes | memoryview) -> Iterator[bytes]:
    """Each of the tenant's documents with its `_id`, its index as `_day`, and its batch, in front.

    Others' are left out before they cost anything: a document names its tenant in these bytes, and has them nowhere
    else, since quotes inside of text are escaped.
    """
    with zstandard.ZstdDecompressor().stream_reader(body, read_across_frames=True) as frames:
        text = frames.read()
    its_own = b'"tenant":%b' % orjson.dumps(tenant)
    at = text.find(its_own)
    while at >= 0:
        begin, end = text.rfind(b"\n", 0, at) + 1, text.find(b"\n", at)
        action = ACTION.match(text, text.rfind(b"\n", 0, begin - 1) + 1)
        if action is not None:
            head = b'{"_day":"%b","_id":"%b","%b":%d,' % (action[1], action[2], BATCH.encode(), number)
            yield head + text[begin + 1 : end + 1]
        at = text.find(its_own, end)
