"""Archive and index agree, or the report says where they do not."""

from datetime import date
from typing import Any

import pytest
from touchline.adapters.batches import ArchivedBatches
from touchline.adapters.memory.archive import MemoryArchive
from touchline.adapters.memory.event_counts import MemoryEventCounts
from touchline.adapters.memory.event_index import MemoryEventIndex
from touchline.services import reconcile_counts as service
from touchline.services.reconcile_counts import Difference, Reconciliation, reconcile_counts

from tests.unit.services.archiving import FILES, NOON, Version, batch_body, compact, receive

DAY = "2026-11-21"
LATE = NOON * 1_000_000  # accepted now


@pytest.fixture
def archive() -> MemoryArchive:
    return MemoryArchive()


@pytest.fixture
def index() -> MemoryEventIndex:
    return MemoryEventIndex()


def reconcile(archive: MemoryArchive, index: MemoryEventIndex) -> Reconciliation:
    counts = MemoryEventCounts(index)
    today = date(2026, 11, 22)
    return reconcile_counts(archive, ArchivedBatches(archive), FILES, counts, today=today, days=35, now=NOON)


def test_nothing_to_tell_where_both_were_fed_the_same(archive: MemoryArchive, index: MemoryEventIndex) -> None:
    receive(archive, index, [Version("e1", DAY, 1), Version("e2", DAY, 2, "click"), Version("e1", DAY, 3)])
    compact(archive, index)
    receive(archive, index, [Version("e1", DAY, 4), Version("e3", DAY, 5)])
    found = reconcile(archive, index)
    assert (found.events, found.compared, found.differences) == (3, 2, [])


def test_a_duplicate_on_another_day_is_no_difference_before_compaction_nor_after(
    archive: MemoryArchive, index: MemoryEventIndex
) -> None:
    receive(archive, index, [Version("e1", "2026-11-20", 1)])
    compact(archive, index)
    receive(archive, index, [Version("e1", DAY, 2)])
    assert reconcile(archive, index).differences == []
    compact(archive, index)
    assert reconcile(archive, index).differences == []
    assert reconcile(archive, index).events == 1


def test_an_event_missing_from_the_index_is_told(archive: MemoryArchive, index: MemoryEventIndex) -> None:
    receive(archive, index, [Version("e1", DAY, 1), Version("e2", DAY, 2)])
    compact(archive, index)
    index.delete("events-2026.11.21", ["acme.e1"])
    assert reconcile(archive, index).differences == [Difference("acme", DAY, "open", archived=2, indexed=1)]


def test_an_event_missing_from_the_archive_is_told(archive: MemoryArchive, index: MemoryEventIndex) -> None:
    receive(MemoryArchive(), index, [Version("e1", DAY, 1)])
    assert reconcile(archive, index).differences == [Difference("acme", DAY, "open", archived=0, indexed=1)]


def test_what_was_accepted_a_moment_ago_is_left_for_next_time(archive: MemoryArchive, index: MemoryEventIndex) -> None:
    archive.put("batches/2026-11-22/12/late.ndjson.zst", batch_body([Version("e1", DAY, LATE)]))
    assert reconcile(archive, index).differences == []


def test_what_a_compaction_moves_during_the_counting_is_no_difference(
    archive: MemoryArchive, index: MemoryEventIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive(archive, index, [Version("e1", DAY, 1), Version("e2", DAY, 2)])
    count_files = service._count_files

    def count_and_compact(*arguments: Any) -> service.Counts:
        counted = count_files(*arguments)
        compact(archive, index)
        return counted

    monkeypatch.setattr(service, "_count_files", count_and_compact)
    assert reconcile(archive, index).differences == []
