"""The archive's days as tables: from this machine's cache, else from the archive, else made from the day's events."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, Protocol

from numpy.typing import NDArray

from touchline.adapters.columns.cache import ColumnCache
from touchline.adapters.columns.layout import EVENTS, LAYOUT, ORDER, PROPERTIES
from touchline.adapters.columns.tables import Columns, EventTable
from touchline.adapters.recent import Recent
from touchline.domain.archive import columns_key, partition_of
from touchline.errors import NotFound


class Reading(Protocol):
    """What is read of the archive."""

    def get(self, key: str) -> bytes: ...


# Makes the files of columns, by kind, from a day's Parquet file.
type PackDay = Callable[[str, bytes], Mapping[str, bytes]]

# Rows whose tables stay open: beside what is mapped each costs some four to eight bytes of memory.
HELD_ROWS: Final = 40_000_000


class DayFiles:
    def __init__(self, archive: Reading, cache: ColumnCache, pack_day: PackDay, held_rows: int = HELD_ROWS) -> None:
        self._archive = archive
        self._cache = cache
        self._pack_day = pack_day
        self._held: Recent[EventTable] = Recent(held_rows, lambda table: table.rows)

    def table(self, events_key: str, day_start: int) -> EventTable:
        """Of the day whose Parquet file has that key. Raises NotFound where it was replaced meanwhile."""
        return self.held(events_key) or self._held.keep(events_key, self._open(events_key, day_start))

    def held(self, events_key: str) -> EventTable | None:
        """The table where it is still open."""
        return self._held.get(events_key)

    def _open(self, events_key: str, day_start: int) -> EventTable:
        events = self._cache.open(_name(events_key, EVENTS), partial(self._fetch, events_key, EVENTS))
        return EventTable(
            events_key, day_start, events, self._later(events_key, ORDER), self._later(events_key, PROPERTIES)
        )

    def _later(self, events_key: str, kind: str) -> "OpenedLater":
        return OpenedLater(lambda: self._cache.open(_name(events_key, kind), partial(self._fetch, events_key, kind)))

    def _fetch(self, events_key: str, kind: str) -> bytes:
        tenant, day = partition_of(events_key)
        try:
            return self._archive.get(columns_key(tenant, day, _sha(events_key), LAYOUT, kind))
        except NotFound:
            made = self._pack_day(day, self._archive.get(events_key))
        for other, body in made.items():
            self._cache.keep(_name(events_key, other), body)
        return made[kind]


class OpenedLater:
    """Columns that are fetched when the first of them is asked for."""

    def __init__(self, open: Callable[[], Columns]) -> None:
        self._open = open
        self._opened: Columns | None = None

    @property
    def facts(self) -> dict[str, Any]:
        return self._columns().facts

    def names(self) -> list[str]:
        return self._columns().names()

    def numbers(self, name: str) -> NDArray[Any]:
        return self._columns().numbers(name)

    def listed(self, name: str) -> list[Any]:
        return self._columns().listed(name)

    def _columns(self) -> Columns:
        if self._opened is None:
            self._opened = self._open()
        return self._opened


def _sha(events_key: str) -> str:
    return events_key.rpartition("/")[2].removesuffix(".parquet")


def _name(events_key: str, kind: str) -> str:
    return f"{_sha(events_key)}.{LAYOUT}.{kind}"
