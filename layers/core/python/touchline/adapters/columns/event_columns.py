"""Events as arrays from the archive: its days as columns, and its newest batches, with people resolved."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Lock
from typing import Final

from touchline.adapters.columns.day_files import DayFiles
from touchline.adapters.columns.numbering import PeopleNumbers
from touchline.adapters.columns.people import Merges
from touchline.adapters.columns.snapshot import Listing, Snapshot, archived_files, batch_keys
from touchline.adapters.columns.tail import TailReader
from touchline.adapters.columns.view import ArchiveView, Choice
from touchline.domain.archive import hour_of
from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.queries.segments import Segment
from touchline.domain.queries.tally import Tallied, Tally, TopValues
from touchline.domain.sequences.rows import EventRows, Extent, RowsQuestion
from touchline.errors import NotFound, StoreUnavailable

# What a question sees is as old as this at most: a list of the archive costs a round trip or more.
REMEMBERED_MS: Final = 1_500
# A compaction that replaces what is just being read is over in seconds, and each try sees what it left.
TRIES: Final = 4
THREADS: Final = 8  # they wait for the archive most of the time

type People = Callable[[str], Mapping[str, str]]


class ArchivedEventColumns:
    """`people` gives a tenant's merged actors with their persons; a new mapping wherever it changed."""

    def __init__(
        self,
        archive: Listing,
        files: DayFiles,
        tail_of: Callable[[str], TailReader],
        people: People,
        now: Callable[[], int],
        remembered_ms: int = REMEMBERED_MS,
    ) -> None:
        self._archive = archive
        self._files = files
        self._tail_of = tail_of
        self._people = people
        self._now = now
        self._remembered_ms = remembered_ms
        self._tails: dict[str, TailReader] = {}
        self._snapshots: dict[str, Snapshot] = {}
        self._numbers: dict[str, PeopleNumbers] = {}
        self._merged_at: dict[str, int] = {}
        self._pool = ThreadPoolExecutor(THREADS)
        self._lock = Lock()

    def rows(self, tenant: str, question: RowsQuestion) -> EventRows:
        return self._read(tenant, lambda view: view.rows(question))

    def tally(self, tenant: str, tally: Tally, segment: Segment | None = None) -> Tallied:
        return self._read(tenant, lambda view: view.tally(tally, segment))

    def top_values(
        self,
        tenant: str,
        span: TimeRange,
        filters: Sequence[Filter],
        field: Field,
        top: int,
        segment: Segment | None = None,
    ) -> TopValues:
        return self._read(tenant, lambda view: view.top_values(Choice(span, tuple(filters), segment), field, top))

    def extent(self, tenant: str, span: TimeRange) -> Extent:
        return self._read(tenant, lambda view: view.extent(span))

    def version(self, tenant: str, span: TimeRange) -> str:
        return self._read(tenant, lambda view: view.version(span))

    def actors(self, tenant: str, people: Sequence[int]) -> dict[int, list[str]]:
        return self._read(tenant, lambda view: view.actors(people))

    def _read[Found](self, tenant: str, read: Callable[[ArchiveView], Found]) -> Found:
        for _ in range(TRIES):
            with suppress(NotFound):
                return read(ArchiveView(self._snapshot(tenant), self._merged(tenant), self._pool))
            self._snapshots.pop(tenant, None)
        raise StoreUnavailable("The archive's files were replaced while they were read, again and again.")

    def _snapshot(self, tenant: str) -> Snapshot:
        with self._lock:
            now = self._now()
            held = self._snapshots.get(tenant)
            if held is not None and 0 <= now - held.listed_at < self._remembered_ms:
                return held
            # Batches first: what a compaction takes in after that is in the days that are listed next.
            keys = batch_keys(self._archive)
            days = archived_files(self._archive, tenant)
            tail = self._tails.setdefault(tenant, self._tail_of(tenant)).read(keys, self._pool)
            as_of = now if tail.left_out is None else int(hour_of(tail.left_out).timestamp()) * 1000
            made = Snapshot(days, tail, as_of, now, self._files)
            if held is not None:
                made.take_over(held)
            self._snapshots[tenant] = made
            return made

    def _merged(self, tenant: str) -> PeopleNumbers:
        now, held = self._now(), self._numbers.get(tenant)
        if held is not None and 0 <= now - self._merged_at[tenant] < self._remembered_ms:
            return held
        people = self._people(tenant)
        self._merged_at[tenant] = now
        if held is None or (held.merges.people is not people and held.merges.people != people):
            held = self._numbers[tenant] = PeopleNumbers(Merges(people))
        return held
