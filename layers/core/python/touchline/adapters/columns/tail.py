"""Events that were archived and that no day has yet: the batches of the archive, each read once."""

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cache, partial
from itertools import batched, count, takewhile
from typing import Final

import numpy as np
from numpy.typing import NDArray

from touchline.adapters.columns.cache import ColumnCache
from touchline.adapters.columns.day_files import OpenedLater, Reading
from touchline.adapters.columns.layout import BATCH, EVENTS, PROPERTIES
from touchline.adapters.columns.packing import MadeColumns
from touchline.adapters.columns.tables import TAIL, EventTable, HeldColumns
from touchline.domain.archive import start_of_day

# More events than these wait for their compaction: what is read of a backlog has to fit into memory, and into a wait.
MOST_EVENTS: Final = 2_000_000
# The bytes of these, of all tenants, as they are in the archive: each is unpacked to look for the tenant's.
MOST_BYTES: Final = 256_000_000
# As soon as there are so many parts of about a size, they are read again as one, until a part has grown to the second
# number of rows: so there are few to look through, and an event of a long hour is read three or four times.
TOGETHER: Final = 8
MERGED_UP_TO: Final = 300_000
# Bounds of a part, so that what is unpacked of it has room on disk.
READ_AT_ONCE: Final = 2_000  # batches
BYTES_AT_ONCE: Final = 32_000_000
FETCHED_AT_ONCE: Final = 64

_numbers = count()


# A tenant's events of several batches, by day; the column BATCH says which of the batches each came with.
# Which columns, the kind says: EVENTS or PROPERTIES.
type MakeDays = Callable[[str, Sequence[bytes | memoryview], str], Mapping[str, MadeColumns]]


@dataclass(frozen=True, slots=True, eq=False)
class TailPart:
    """Batches that were read together, as a table a day; `batch_of_row` by day says which of `keys` a row is from."""

    keys: tuple[str, ...]
    size: int  # bytes of the batches
    tables: Mapping[str, EventTable]
    batch_of_row: Mapping[str, NDArray[np.int64]]

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables.values())

    def counting(self, day: str, present: frozenset[str]) -> NDArray[np.bool_] | None:
        """The rows whose batch is still in the archive: the others are in the archive's days. None where all are."""
        if present.issuperset(self.keys):
            return None
        there = np.array([key in present for key in self.keys], np.bool_)
        found: NDArray[np.bool_] = there[self.batch_of_row[day]]
        return found


@dataclass(frozen=True, slots=True)
class Tail:
    """`left_out`: the first batch that was not read, because there are too many."""

    parts: tuple[TailPart, ...] = ()
    present: frozenset[str] = frozenset()
    left_out: str | None = None


class TailReader:
    """One tenant's tail; what was read before is not read again."""

    def __init__(
        self,
        archive: Reading,
        cache: ColumnCache,
        make_days: MakeDays,
        tenant: str,
        most_events: int = MOST_EVENTS,
        read_at_once: int = READ_AT_ONCE,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._read_at_once = read_at_once
        self._most_bytes = most_bytes
        self._archive = archive
        self._make_days = make_days
        self._cache = cache
        self._tenant = tenant
        self._most_events = most_events
        self._tail = Tail()

    def read(self, keys: Sequence[str], pool: Executor) -> Tail:
        """The batches of these rising keys. Raises NotFound where one was taken in meanwhile."""
        present = frozenset(keys)
        parts = [part for part in self._tail.parts if not present.isdisjoint(part.keys)]
        known = {key for part in parts for key in part.keys}
        new = [key for key in keys if key not in known]
        while new and not self._room_is_out(parts) and (again := _read_again(parts, len(new))):
            new = [key for part in parts[-again:] for key in part.keys if key in present] + new
            del parts[-again:]
        while new and not self._room_is_out(parts):
            parts.append(self._part(new, self._most_bytes - sum(part.size for part in parts), pool))
            new = new[len(parts[-1].keys) :]
        self._tail = Tail(tuple(parts), present - frozenset(new), new[0] if new else None)
        return self._tail

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self._tail.parts)

    def unread(self, batches: Mapping[str, int]) -> int:
        """Bytes of the batches, of key and size, that no question has read."""
        known = {key for part in self._tail.parts for key in part.keys}
        return sum(size for key, size in batches.items() if key not in known)

    def _room_is_out(self, parts: Sequence[TailPart]) -> bool:
        too_many = sum(part.rows for part in parts) >= self._most_events
        return too_many or sum(part.size for part in parts) >= self._most_bytes

    def _part(self, waiting: Sequence[str], room: int, pool: Executor) -> TailPart:
        """Of as many of the first ones as a part takes; of at least one. `room` in bytes."""
        bodies: list[memoryview] = []
        for some in batched(waiting[: self._read_at_once], FETCHED_AT_ONCE, strict=False):
            bodies += pool.map(self._body, some)
            if sum(map(len, bodies)) >= min(room, BYTES_AT_ONCE):
                break
        keys = waiting[: len(bodies)]
        made = self._make_days(self._tenant, bodies, EVENTS)
        # Not by the pool: it is one of its threads that asks.
        properties = cache(lambda: self._make_days(self._tenant, list(map(self._body, keys)), PROPERTIES))
        tables = {day: _table(day, columns, partial(_of_day, properties, day)) for day, columns in made.items()}
        batch_of_row = {day: np.asarray(columns.columns[BATCH]) for day, columns in made.items()}
        return TailPart(tuple(keys), sum(map(len, bodies)), tables, batch_of_row)

    def _body(self, key: str) -> memoryview:
        return self._cache.body(key.rpartition("/")[2], partial(self._archive.get, key))


def _read_again(parts: Sequence[TailPart], newer: int) -> int:
    """How many of the last parts are read once more, together with so many newer batches."""
    alike = takewhile(lambda part: _may_grow(part) and _size(len(part.keys)) <= _size(newer), reversed(parts))
    count = sum(1 for _ in alike)
    return count if count >= TOGETHER - 1 else 0


def _may_grow(part: TailPart) -> bool:
    return part.rows < MERGED_UP_TO and part.size < BYTES_AT_ONCE


def _size(batches: int) -> int:
    """Its order: a part of one is TOGETHER times as large as one of the order before."""
    return int(math.log(batches, TOGETHER) + 1e-9)


def _of_day(made: Callable[[], Mapping[str, MadeColumns]], day: str) -> MadeColumns:
    return made()[day]


def _table(day: str, made: MadeColumns, properties: Callable[[], MadeColumns]) -> EventTable:
    events = HeldColumns(made)
    later = OpenedLater(lambda: HeldColumns(properties()))
    return EventTable(f"{TAIL}{next(_numbers)}", start_of_day(day), events, events, later)
