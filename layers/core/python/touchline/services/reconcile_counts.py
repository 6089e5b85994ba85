"""Compares archive and index by tenant, day and action: they are fed by the same events and must agree."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta

from touchline.domain.archive import BATCHES
from touchline.ports import Archive, Batches, EventCounts, EventFiles
from touchline.services.archived_days import archived_partitions, read_manifest
from touchline.services.replay_day import add_waiting, read_batch

# An event is archived a moment before it is indexed, and searchable a moment after: what was accepted in the last
# minutes is compared next time.
SETTLE_MINUTES = 15
SEQUENCES_A_MS = 1_000_000  # a sequence is the received-at in epoch ms times this, plus a slot

type Counts = Counter[tuple[str, str, str]]  # tenant, day, action


@dataclass(frozen=True, slots=True)
class Difference:
    tenant: str
    day: str
    action: str
    archived: int
    indexed: int


@dataclass(frozen=True, slots=True)
class Reconciliation:
    first_day: str
    last_day: str
    events: int  # in the archive
    compared: int  # combinations of tenant, day and action
    differences: list[Difference]


def reconcile_counts(
    archive: Archive,
    batches: Batches,
    files: EventFiles,
    counts: EventCounts,
    *,
    today: date,
    days: int,
    now: int,
    settle_ms: int = SETTLE_MINUTES * 60_000,
) -> Reconciliation:
    """The `days` days that end with `today`, events accepted until `settle_ms` before `now` (epoch ms).

    A compaction may move events from batches into files between the counting of the one and the other. So what differs
    is counted again, and a difference is what is there both times.
    """
    wanted = [str(today - timedelta(days=back)) for back in reversed(range(days))]
    before = (now - settle_ms) * SEQUENCES_A_MS
    first = _compare(archive, batches, files, counts, wanted, before)
    if not first.differences:
        return first
    second = _compare(archive, batches, files, counts, wanted, before)
    return replace(second, differences=[one for one in second.differences if one in first.differences])


def _compare(
    archive: Archive, batches: Batches, files: EventFiles, counts: EventCounts, wanted: list[str], before: int
) -> Reconciliation:
    archived = _count_files(archive, files, set(wanted), before)
    archived += _count_waiting(archive, batches, files, set(wanted), before)
    indexed: Counts = Counter(
        {(tenant, day, action): n for day in wanted for (tenant, action), n in counts.of_day(day, before).items()}
    )
    places = sorted(archived.keys() | indexed.keys())
    differences = [Difference(*at, archived[at], indexed[at]) for at in places if archived[at] != indexed[at]]
    return Reconciliation(wanted[0], wanted[-1], archived.total(), len(places), differences)


def _count_files(archive: Archive, files: EventFiles, wanted: set[str], before: int) -> Counts:
    counted: Counts = Counter()
    for tenant, day in archived_partitions(archive):
        if day in wanted and (manifest := read_manifest(archive, tenant, day)) is not None:
            for action, events in files.count_actions(archive.get(manifest.file), before).items():
                counted[tenant, day, action] += events
    return counted


def _count_waiting(archive: Archive, batches: Batches, files: EventFiles, wanted: set[str], before: int) -> Counts:
    """Events that are not yet compacted, as the index has them: once a day, until compaction finds an id on two."""
    counted: Counts = Counter()
    for tenant, days in _waiting_days(archive, batches).items():
        with files.merging() as merge:
            add_waiting(archive, batches, files, merge, tenant)
            for day in sorted(days & wanted):
                for action, events in merge.waiting_actions(day, before).items():
                    counted[tenant, day, action] += events
    return counted


def _waiting_days(archive: Archive, batches: Batches) -> dict[str, set[str]]:
    days: dict[str, set[str]] = {}
    for key in archive.keys(BATCHES):
        for event in read_batch(batches, key):
            days.setdefault(event.tenant, set()).add(event.day)
    return days
