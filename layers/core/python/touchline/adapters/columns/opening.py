"""The arrays of an archive, with all their parts. DuckDB is loaded when something has to be made of events."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from touchline.adapters.columns.batch_columns import batch_days
from touchline.adapters.columns.cache import ColumnCache
from touchline.adapters.columns.day_files import DayFiles
from touchline.adapters.columns.event_columns import ArchivedEventColumns
from touchline.adapters.columns.snapshot import Listing
from touchline.adapters.columns.tail import TailReader

# Of the 4 GiB of /tmp that a function has; what DuckDB spills needs the rest.
CACHE_BYTES: Final = 2_500_000_000
CACHE_FOLDER: Final = "touchline-columns"


def open_event_columns(
    archive: Listing,
    people: Callable[[str], Mapping[str, str]],
    now: Callable[[], int],
    *,
    folder: Path | None = None,
    cache_bytes: int = CACHE_BYTES,
) -> ArchivedEventColumns:
    """`people`: a tenant's merged actors with their persons. `now` in epoch ms."""
    cache = ColumnCache(folder or Path(tempfile.gettempdir()) / CACHE_FOLDER, cache_bytes)
    files = DayFiles(archive, cache, _pack_day)
    return ArchivedEventColumns(
        archive, files, lambda tenant: TailReader(archive, cache, batch_days, tenant), people, now
    )


def _pack_day(day: str, events: bytes) -> Mapping[str, bytes]:
    from touchline.adapters.duckdb.day_columns import pack_day

    return pack_day(day, events)
