"""Events as arrays from the archive: its days as columns, and its newest batches, with people resolved."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Lock
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from touchline.adapters.columns.assembly import Piece, assemble
from touchline.adapters.columns.choosing import Choosing, both, rows_in
from touchline.adapters.columns.day_files import DayFiles
from touchline.adapters.columns.mingling import mingled
from touchline.adapters.columns.people import Keys, Merges, in_part, inside, positions
from touchline.adapters.columns.segments import people_of
from touchline.adapters.columns.snapshot import Counting, Listing, Snapshot, archived_files, batch_keys
from touchline.adapters.columns.tables import EventTable
from touchline.adapters.columns.tail import TailReader
from touchline.domain.archive import hour_of
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.sequences.rows import WHOLE, EventRows, Extent, RowsQuestion
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
        self._merges: dict[str, Merges] = {}
        self._pool = ThreadPoolExecutor(THREADS)
        self._lock = Lock()

    def rows(self, tenant: str, question: RowsQuestion) -> EventRows:
        return self._read(tenant, lambda snapshot: self._rows(snapshot, self._merged(tenant), question))

    def extent(self, tenant: str, span: TimeRange) -> Extent:
        return self._read(tenant, lambda snapshot: self._extent(snapshot, span))

    def actors(self, tenant: str, people: Sequence[int]) -> dict[int, list[str]]:
        return self._read(tenant, lambda snapshot: self._actors(snapshot, self._merged(tenant), people))

    def _read[Found](self, tenant: str, read: Callable[[Snapshot], Found]) -> Found:
        for _ in range(TRIES):
            with suppress(NotFound):
                return read(self._snapshot(tenant))
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

    def _merged(self, tenant: str) -> Merges:
        people = self._people(tenant)
        held = self._merges.get(tenant)
        if held is None or (held.people is not people and held.people != people):
            held = self._merges[tenant] = Merges(people)
        return held

    def _rows(self, snapshot: Snapshot, merges: Merges, question: RowsQuestion) -> EventRows:
        segment = None
        if question.segment is not None:
            segment = people_of(question.segment, lambda span: snapshot.tables(span, self._pool), merges)
        tables = snapshot.tables(question.span, self._pool)
        pieces = list(self._pool.map(lambda one: _piece(one, merges, question, segment), tables))
        return assemble(pieces, question, mingled(pieces, merges))

    def _extent(self, snapshot: Snapshot, span: TimeRange) -> Extent:
        tables = snapshot.tables(span, self._pool)
        masks = [(table, both(rows_in(table, span), counting)) for table, counting in tables]
        events = sum(table.rows if mask is None else int(np.count_nonzero(mask)) for table, mask in masks)
        return Extent(events, len(snapshot.days_of(span)), snapshot.as_of)

    def _actors(self, snapshot: Snapshot, merges: Merges, people: Sequence[int]) -> dict[int, list[str]]:
        found = merges.members_of(people)
        wanted = np.array(sorted({*people} - found.keys()), np.uint64)
        wanted = wanted[~merges.moved(wanted)]
        for tables in snapshot.batches_of_tables(self._pool):
            if not len(wanted):
                break
            for table in tables:
                places = positions(table.actor_keys, wanted)
                there = np.flatnonzero(places >= 0).tolist()
                found |= {int(wanted[at]): [table.actor_ids[places[at]]] for at in there}
            wanted = np.array([key for key in wanted.tolist() if key not in found], np.uint64)
        return {key: found[key] for key in people if key in found}


def _piece(one: Counting, merges: Merges, question: RowsQuestion, segment: Keys | None) -> Piece:
    table, counting = one
    person_keys = merges.person_keys(table)
    choosing = Choosing(table)
    mask = both(both(rows_in(table, question.span), counting), choosing.meeting(question.filters))
    mask = both(mask, _wanted_people(table, person_keys, question, segment))
    marks: Any = None
    if question.criteria:
        marks = choosing.marks(question.criteria, mask)
        if question.only_marked:
            mask = marks != 0
    rows = slice(None) if mask is None else np.flatnonzero(mask)
    length = table.rows if mask is None else len(rows)  # type: ignore[arg-type]
    return Piece(table, rows, np.zeros(length, np.uint8) if marks is None else marks[rows], person_keys)


def _wanted_people(
    table: EventTable, person_keys: Keys, question: RowsQuestion, segment: Keys | None
) -> NDArray[np.bool_] | None:
    """By row; None for everybody."""
    wanted: NDArray[np.bool_] | None = None
    if question.part != WHOLE:
        wanted = in_part(person_keys, question.part)
    if segment is not None:
        wanted = both(wanted, inside(segment, person_keys))
    return None if wanted is None else np.repeat(wanted, np.diff(table.actor_starts))
