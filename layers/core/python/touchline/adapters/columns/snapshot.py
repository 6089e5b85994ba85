"""What the archive holds of a tenant at a moment: its days, and the batches that no day has yet."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from itertools import batched
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from touchline.adapters.columns.day_files import DayFiles
from touchline.adapters.columns.duplicates import counting_rows
from touchline.adapters.columns.tables import EventTable
from touchline.adapters.columns.tail import Tail
from touchline.domain.archive import BATCHES, Manifest, manifest_key, partition_of, start_of_day, tenant_prefix
from touchline.domain.queries.ranges import TimeRange

type Mask = NDArray[np.bool_]
type Counting = tuple[EventTable, Mask | None]

DAY_MS: Final = 86_400_000
FEW: Final = 8


class Listing(Protocol):
    def get(self, key: str) -> bytes: ...

    def sizes(self, prefix: str, after: str = "") -> Iterable[tuple[str, int]]: ...


@dataclass(frozen=True, slots=True)
class DayFile:
    key: str  # of a day's Parquet
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class Listed:
    """What there is, before anything of it is read."""

    days: Mapping[str, DayFile]
    batches: Mapping[str, int]  # key → bytes, in the order of keys
    at: int  # epoch ms

    def days_in(self, span: TimeRange) -> list[DayFile]:
        return [file for day, file in self.days.items() if _overlaps(day, span)]


@dataclass(slots=True)
class Snapshot:
    """`days`: the key of each archived day's file of events. Tables are opened as they are asked for; those of files
    are for `files` to hold. `counting`: of each table of an opened day the rows that count (None: all)."""

    days: dict[str, str]
    tail: Tail
    as_of: int  # epoch ms
    listed: Listed
    files: DayFiles
    counting: dict[str, list[Mask | None]] = field(default_factory=dict)

    def tables(self, span: TimeRange, pool: Executor) -> list[Counting]:
        """Those with rows in the span's days, in the order of days; each with the rows that count (None: all)."""
        wanted = [day for day in sorted({*self.days, *self._tail_days()}) if _overlaps(day, span)]
        held = {day: self._held(day) for day in wanted}
        missing = [day for day in wanted if held[day] is None]
        opened = dict(zip(missing, pool.map(self._open, missing), strict=True))
        return [one for day in wanted for one in held[day] or opened[day]]

    def days_of(self, span: TimeRange) -> list[str]:
        return [day for day in {*self.days, *self._tail_days()} if _overlaps(day, span)]

    def version(self, span: TimeRange) -> str:
        """What the span's days are made of: files and batches never change, only which of them there are."""
        days = sorted(self.days_of(span))
        made_of = [f"{day} {self.days.get(day, '')}" for day in days]
        if not set(days).isdisjoint(self._tail_days()):
            made_of += sorted(self.tail.present)
        return hashlib.blake2b("\n".join(made_of).encode(), digest_size=16).hexdigest()

    def batches_of_tables(self, pool: Executor) -> Iterator[list[EventTable]]:
        """All tables: first those that are open, then the others, newest first, few at a time."""
        held = {day: tables for day in list(self.counting) if (tables := self._held(day)) is not None}
        yield [table for tables in held.values() for table, _ in tables]
        others = sorted({*self.days, *self._tail_days()} - held.keys(), reverse=True)
        for days in batched(others, FEW, strict=False):
            yield [table for day in days for table, _ in self.tables(_day_span(day), pool)]

    def take_over(self, earlier: "Snapshot") -> None:
        """What an earlier snapshot has opened and that is the same in this one."""
        if self.tail.parts == earlier.tail.parts and self.tail.present == earlier.tail.present:
            mine = dict(earlier.counting)  # others may be opening days meanwhile
        else:
            touched = {*self._tail_days(), *earlier._tail_days()}
            mine = {day: masks for day, masks in dict(earlier.counting).items() if day not in touched}
        self.counting = {day: masks for day, masks in mine.items() if self.days.get(day) == earlier.days.get(day)}

    def _tail_days(self) -> Iterator[str]:
        return (day for part in self.tail.parts for day in part.tables)

    def _held(self, day: str) -> list[Counting] | None:
        """None for a day that was not opened, or whose table was let go of since."""
        masks = self.counting.get(day)
        of_file = self.files.held(self.days[day]) if day in self.days else None
        if masks is None or (of_file is None and day in self.days):
            return None
        tables = [*([] if of_file is None else [of_file]), *(table for table, _ in self._of_tail(day))]
        return list(zip(tables, masks, strict=True))

    def _open(self, day: str) -> list[Counting]:
        found: list[Counting] = []
        if day in self.days:
            found.append((self.files.table(self.days[day], start_of_day(day)), None))
        found += self._of_tail(day)
        masks = self.counting[day] = self.counting.get(day) or counting_rows(found)
        return [(table, mask) for (table, _), mask in zip(found, masks, strict=True)]

    def _of_tail(self, day: str) -> list[Counting]:
        parts = [part for part in self.tail.parts if day in part.tables]
        return [(part.tables[day], part.counting(day, self.tail.present)) for part in parts]


def list_archive(archive: Listing, tenant: str, now: int) -> Listed:
    """Batches first: what a compaction takes in after that is in the days that are listed next."""
    batches = dict(archive.sizes(BATCHES))
    return Listed(_archived_days(archive, tenant), batches, now)


def _archived_days(archive: Listing, tenant: str) -> dict[str, DayFile]:
    """One LIST; the manifest is read where a day has two files."""
    files: dict[str, list[DayFile]] = {}
    published: set[str] = set()
    for key, size in archive.sizes(tenant_prefix(tenant)):
        day = partition_of(key)[1]
        if key == manifest_key(tenant, day):
            published.add(day)
        elif key.endswith(".parquet"):
            files.setdefault(day, []).append(DayFile(key, size))
    return {day: _current(archive, tenant, day, files.get(day, [])) for day in published}


def _current(archive: Listing, tenant: str, day: str, files: list[DayFile]) -> DayFile:
    if len(files) == 1:
        return files[0]
    key = Manifest.from_json(archive.get(manifest_key(tenant, day))).file
    return next((file for file in files if file.key == key), DayFile(key, 0))


def _day_span(day: str) -> TimeRange:
    return TimeRange(start_of_day(day), start_of_day(day) + DAY_MS)


def _overlaps(day: str, span: TimeRange) -> bool:
    start = start_of_day(day)
    return start < span.end and start + DAY_MS > span.start
