"""Events as arrays from the archive: its days as columns, and its newest batches, with people resolved."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final

from touchline.adapters.columns.asked import Asked
from touchline.adapters.columns.day_files import DayFiles
from touchline.adapters.columns.numbering import PeopleNumbers
from touchline.adapters.columns.people import Merges
from touchline.adapters.columns.snapshot import Listed, Listing, Snapshot, list_archive
from touchline.adapters.columns.tail import TailReader
from touchline.adapters.columns.view import ArchiveView, Choice
from touchline.adapters.recent import Recent
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
# Of all tenants together: tails of the largest two, at some hundred bytes a row.
MOST_ROWS: Final = 4_000_000

# Of a byte of a day's Parquet, whose columns are fetched; of a byte of a batch, whose events are parsed.
SECONDS_A_DAYS_BYTE: Final = 2.5e-9
SECONDS_A_BATCHS_BYTE: Final = 2e-7

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
        most_rows: int = MOST_ROWS,
    ) -> None:
        self._archive = archive
        self._files = files
        self._tail_of = tail_of
        self._people = people
        self._now = now
        self._remembered_ms = remembered_ms
        self._asked: Recent[Asked] = Recent(most_rows, Asked.rows)
        self._pool = ThreadPoolExecutor(THREADS)

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

    def reading_seconds(self, tenant: str, span: TimeRange) -> float:
        asked = self._kept(tenant)
        with asked.listing:
            listed = self._listed(tenant, asked)
        days = sum(day.size for day in listed.days_in(span) if self._files.held(day.key) is None)
        return days * SECONDS_A_DAYS_BYTE + asked.tail.unread(listed.batches) * SECONDS_A_BATCHS_BYTE

    def version(self, tenant: str, span: TimeRange) -> str:
        return self._read(tenant, lambda view: view.version(span))

    def actors(self, tenant: str, people: Sequence[int]) -> dict[int, list[str]]:
        return self._read(tenant, lambda view: view.actors(people))

    def _read[Found](self, tenant: str, read: Callable[[ArchiveView], Found]) -> Found:
        asked = self._kept(tenant)
        for _ in range(TRIES):
            with suppress(NotFound):
                return read(ArchiveView(self._snapshot(tenant, asked), self._merged(tenant, asked), self._pool))
            asked.snapshot = asked.listed = None
        raise StoreUnavailable("The archive's files were replaced while they were read, again and again.")

    def _kept(self, tenant: str) -> Asked:
        return self._asked.keep(tenant, self._asked.get(tenant) or Asked(self._tail_of(tenant)))

    def _listed(self, tenant: str, asked: Asked) -> Listed:
        now, held = self._now(), asked.listed
        if held is None or not 0 <= now - held.at < self._remembered_ms:
            held = asked.listed = list_archive(self._archive, tenant, now)
        return held

    def _snapshot(self, tenant: str, asked: Asked) -> Snapshot:
        with asked.listing:
            listed, held = self._listed(tenant, asked), asked.snapshot
            if held is not None and held.listed is listed:
                return held
            tail = asked.tail.read(list(listed.batches), self._pool)
            as_of = listed.at if tail.left_out is None else int(hour_of(tail.left_out).timestamp()) * 1000
            days = {day: file.key for day, file in listed.days.items()}
            made = Snapshot(days, tail, as_of, listed, self._files)
            if held is not None:
                made.take_over(held)
            asked.snapshot = made
            return made

    def _merged(self, tenant: str, asked: Asked) -> PeopleNumbers:
        now, held = self._now(), asked.numbers
        if held is not None and 0 <= now - asked.merged_at < self._remembered_ms:
            return held
        people = self._people(tenant)
        asked.merged_at = now
        if held is None or (held.merges.people is not people and held.merges.people != people):
            held = asked.numbers = PeopleNumbers(Merges(people))
        return held
