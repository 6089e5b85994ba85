"""Parquet files of the archive, written and read by DuckDB inside the function: no server, no downloads."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from touchline.adapters.columns.layout import LAYOUT
from touchline.adapters.duckdb.columns import NAMES
from touchline.adapters.duckdb.day_columns import pack_day
from touchline.adapters.duckdb.merge import DuckDbMerge, fetch_events, ids_of
from touchline.adapters.duckdb.workplace import workplace
from touchline.domain.archive import ArchivedEvent, columns_key

COUNT = 'SELECT count(*), count(DISTINCT "_id") FROM read_parquet($file)'
ACTIONS = 'SELECT "action", count(*) FROM read_parquet($file) WHERE "sequence" < $before GROUP BY ALL'
# `file_row_number` keeps the file's own order, whichever threads read it.
READ = f"""
SELECT {NAMES} FROM read_parquet($file, file_row_number = true)
WHERE file_row_number >= $start AND file_row_number < $stop ORDER BY file_row_number
"""
ALL_ROWS = 2**62


class DuckDbEventFiles:
    def __init__(self, memory: str = "512MB") -> None:
        self._memory = memory

    @contextmanager
    def merging(self) -> Iterator[DuckDbMerge]:
        with workplace(self._memory) as place:
            yield DuckDbMerge(place)

    def ids(self, events: bytes) -> bytes:
        with workplace(self._memory) as place, place.holding(events) as file:
            return ids_of(place, file)

    def columns(self, tenant: str, day: str, events: bytes, sha256: str) -> Mapping[str, bytes]:
        packed = pack_day(day, events, self._memory)
        return {columns_key(tenant, day, sha256, LAYOUT, kind): body for kind, body in packed.items()}

    def count(self, events: bytes) -> tuple[int, int]:
        with workplace(self._memory) as place, place.holding(events) as file:
            rows, ids = place.connection.execute(COUNT, {"file": str(file)}).fetchone()
            return rows, ids

    def count_actions(self, events: bytes, before: int) -> dict[str, int]:
        with workplace(self._memory) as place, place.holding(events) as file:
            return dict(place.connection.execute(ACTIONS, {"file": str(file), "before": before}).fetchall())

    def read(self, day: str, events: bytes, start: int = 0, rows: int | None = None) -> Iterator[ArchivedEvent]:
        stop = ALL_ROWS if rows is None else start + rows
        with workplace(self._memory) as place, place.holding(events) as file:
            found = place.connection.execute(READ, {"file": str(file), "start": start, "stop": stop})
            yield from fetch_events(found, day)
