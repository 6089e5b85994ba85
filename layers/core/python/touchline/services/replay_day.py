"""Indexes a day again from the archive. What is right stays as it is; what lost to another day stays away."""

from collections.abc import Iterator
from dataclasses import dataclass

from touchline.domain.archive import BATCHES, ArchivedEvent
from touchline.errors import NotFound, StoreUnavailable
from touchline.ports import Archive, Batches, EventFiles, EventIndex, Merge
from touchline.services.archived_days import archived_days, archived_partitions, ids_of_day, read_manifest
from touchline.services.index_again import IndexedAgain, index_events

PART_ROWS = 250_000  # some 20 s of indexing


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a tenant's file, or (`rows` is 0) what its batches have that the file does not."""

    tenant: str
    day: str
    file: str  # the day's file when the replay was planned; empty: there was none
    start: int = 0
    rows: int = 0


def plan_replay(archive: Archive, batches: Batches, *, day: str, tenant: str | None = None) -> list[Part]:
    """`tenant` None: all tenants."""
    compacted = {owner for owner, archived in archived_partitions(archive) if archived == day}
    waiting = tenants_with_batches(archive, batches, day)
    parts: list[Part] = []
    for owner in sorted(compacted | waiting):
        if tenant in {None, owner}:
            parts += _parts_of(archive, owner, day, has_batches=owner in waiting)
    return parts


def replay_part(archive: Archive, batches: Batches, files: EventFiles, index: EventIndex, part: Part) -> IndexedAgain:
    if part.rows:
        return _replay_file(archive, files, index, part)
    with files.merging() as merge:
        add_waiting(archive, batches, files, merge, part.tenant)
        done = index_events(index, merge.arrivals(part.day))
    # A compaction since the plan may have taken batches into a new file before they were read here.
    current = read_manifest(archive, part.tenant, part.day)
    if current is not None and current.file != part.file:
        done += index_events(index, files.read(part.day, archive.get(current.file)))
    return done


def tenants_with_batches(archive: Archive, batches: Batches, day: str) -> set[str]:
    """Tenants with events of a day that are not yet compacted."""
    return {event.tenant for key in archive.keys(BATCHES) for event in read_batch(batches, key) if event.day == day}


def add_waiting(archive: Archive, batches: Batches, files: EventFiles, merge: Merge, tenant: str) -> None:
    """All of a tenant's events that are not yet compacted, beside what the archive has: a winner may be on any day."""
    for key in archive.keys(BATCHES):
        merge.add(event for event in read_batch(batches, key) if event.tenant == tenant)
    for day in archived_days(archive, tenant):
        merge.add_ids(day, ids_of_day(archive, files, tenant, day))


def _parts_of(archive: Archive, tenant: str, day: str, *, has_batches: bool) -> Iterator[Part]:
    manifest = read_manifest(archive, tenant, day)
    if manifest is not None:
        for start in range(0, manifest.rows, PART_ROWS):
            yield Part(tenant, day, manifest.file, start, PART_ROWS)
    if has_batches:
        yield Part(tenant, day, "" if manifest is None else manifest.file)


def _replay_file(archive: Archive, files: EventFiles, index: EventIndex, part: Part) -> IndexedAgain:
    current = read_manifest(archive, part.tenant, part.day)
    if current is None or current.file == part.file:
        return index_events(index, files.read(part.day, _file(archive, part.file), part.start, part.rows))
    # Compacted since the plan: rows have moved, and some may have lost to another day; the new file is replayed whole.
    return index_events(index, files.read(part.day, _file(archive, current.file)))


def _file(archive: Archive, key: str) -> bytes:
    """Raises StoreUnavailable where a compaction has just replaced the file: the next try finds its successor."""
    try:
        return archive.get(key)
    except NotFound as error:
        raise StoreUnavailable(f"{key} was replaced in the meantime: try again.") from error


def read_batch(batches: Batches, key: str) -> Iterator[ArchivedEvent]:
    """Raises StoreUnavailable where a compaction has just deleted the batch."""
    try:
        yield from batches.events(key)
    except NotFound as error:
        raise StoreUnavailable(f"{key} was compacted in the meantime: try again.") from error
