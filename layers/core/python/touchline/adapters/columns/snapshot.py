"""What the archive holds of a tenant at a moment: its days, and the batches that no day has yet."""

import hashlib
from collections.abc import Iterable, Iterator
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

    def keys(self, prefix: str, after: str = "") -> Iterable[str]: ...


@dataclass(slots=True)
class Snapshot:
    """`days`: the key of each archived day's file of events. Tables are opened as they are asked for."""

    days: dict[str, str]
    tail: Tail
    as_of: int  # epoch ms
    listed_at: int  # epoch ms
    files: DayFiles
    opened: dict[str, list[Counting]] = field(default_factory=dict)

    def tables(self, span: TimeRange, pool: Executor) -> list[Counting]:
        """Those with rows in the span's days, in the order of days; each with the rows that count (None: all)."""
        wanted = [day for day in sorted({*self.days, *self._tail_days()}) if _overlaps(day, span)]
        missing = [day for day in wanted if day not in self.opened]
        for day, found in zip(missing, pool.map(self._open, missing), strict=True):
            self.opened[day] = found
        return [one for day in wanted for one in self.opened[day]]

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
        yield [table for counting in self.opened.values() for table, _ in counting]
        others = sorted({*self.days, *self._tail_days()} - self.opened.keys(), reverse=True)
        for days in batched(others, FEW, strict=False):
            yield [table for day in days for table, _ in self.tables(_day_span(day), pool)]

    def take_over(self, earlier: "Snapshot") -> None:
        """What an earlier snapshot has opened and that is the same in this one."""
        if self.tail.parts == earlier.tail.parts and self.tail.present == earlier.tail.present:
            mine = earlier.opened.items()
        else:
            touched = {*self._tail_days(), *earlier._tail_days()}
            mine = {day: found for day, found in earlier.opened.items() if day not in touched}.items()
        self.opened = {day: found for day, found in mine if self.days.get(day) == earlier.days.get(day)}

    def _tail_days(self) -> Iterator[str]:
        return (day for part in self.tail.parts for day in part.tables)

    def _open(self, day: str) -> list[Counting]:
        found: list[Counting] = []
        if day in self.days:
            found.append((self.files.table(self.days[day], start_of_day(day)), None))
        for part in self.tail.parts:
            if day in part.tables:
                found.append((part.tables[day], part.counting(day, self.tail.present)))
        masks = counting_rows(found)
        return [(table, mask) for (table, _), mask in zip(found, masks, strict=True)]


def archived_files(archive: Listing, tenant: str) -> dict[str, str]:
    """By day, the key of its file of events: one LIST; the manifest is read where a day has two files."""
    files: dict[str, list[str]] = {}
    published: set[str] = set()
    for key in archive.keys(tenant_prefix(tenant)):
        day = partition_of(key)[1]
        if key == manifest_key(tenant, day):
            published.add(day)
        elif key.endswith(".parquet"):
            files.setdefault(day, []).append(key)
    return {day: _current(archive, tenant, day, files.get(day, [])) for day in published}


def _current(archive: Listing, tenant: str, day: str, files: list[str]) -> str:
    if len(files) == 1:
        return files[0]
    return Manifest.from_json(archive.get(manifest_key(tenant, day))).file


def batch_keys(archive: Listing) -> list[str]:
    return list(archive.keys(BATCHES))


def _day_span(day: str) -> TimeRange:
    return TimeRange(start_of_day(day), start_of_day(day) + DAY_MS)


def _overlaps(day: str, span: TimeRange) -> bool:
    start = start_of_day(day)
    return start < span.end and start + DAY_MS > span.start
