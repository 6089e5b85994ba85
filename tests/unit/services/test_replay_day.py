"""A replay makes what is missing and changes nothing that is right."""

import pytest
from touchline.adapters.batches import ArchivedBatches
from touchline.adapters.memory.archive import MemoryArchive
from touchline.services import replay_day
from touchline.services.index_again import IndexedAgain

from tests.unit.services.archiving import FILES, RecordingIndex, Version, compact, indexed_events, receive

DAY = "2026-11-21"


def replay(archive: MemoryArchive, index: RecordingIndex, tenant: str | None = None) -> IndexedAgain:
    batches = ArchivedBatches(archive)
    done = IndexedAgain()
    for part in replay_day.plan_replay(archive, batches, day=DAY, tenant=tenant):
        done += replay_day.replay_part(archive, batches, FILES, index, part)
    return done


@pytest.fixture
def archive() -> MemoryArchive:
    return MemoryArchive()


def test_a_lost_index_is_made_again_from_files_and_batches(archive: MemoryArchive) -> None:
    index = RecordingIndex()
    receive(archive, index, [Version(f"e{n}", DAY, n) for n in range(5)])
    compact(archive, index)
    receive(archive, index, [Version(f"e{n}", DAY, n) for n in range(3, 8)])
    before = indexed_events(index)
    index.documents.clear()
    assert replay(archive, index) == IndexedAgain(created=8)
    assert indexed_events(index) == before


def test_what_is_there_stays_as_it_is(archive: MemoryArchive) -> None:
    index = RecordingIndex()
    receive(archive, index, [Version("e1", DAY, 1), Version("e2", DAY, 2)])
    compact(archive, index)
    before = indexed_events(index)
    assert replay(archive, index) == IndexedAgain(already_there=2)
    assert indexed_events(index) == before


def test_an_event_that_lost_to_another_day_stays_away(archive: MemoryArchive) -> None:
    index = RecordingIndex()
    receive(archive, index, [Version("e1", "2026-11-20", 1)])
    compact(archive, index)
    receive(archive, RecordingIndex(), [Version("e1", DAY, 2), Version("e2", DAY, 3)])
    assert replay(archive, index) == IndexedAgain(created=1)
    assert (DAY, "acme.e2") in indexed_events(index)


def test_a_closed_day_is_opened(archive: MemoryArchive) -> None:
    index = RecordingIndex()
    receive(archive, index, [Version("e1", DAY, 1)])
    compact(archive, index)
    index.documents.clear()
    index.read_only.add("events-2026.11.21")
    assert replay(archive, index) == IndexedAgain(created=1)


def test_only_the_tenant_asked_for_is_replayed(archive: MemoryArchive) -> None:
    index = RecordingIndex()
    receive(archive, index, [Version("e1", DAY, 1), Version("e1", DAY, 1, tenant="umbra")])
    compact(archive, index)
    index.documents.clear()
    assert replay(archive, index, tenant="umbra") == IndexedAgain(created=1)
    assert list(indexed_events(index)) == [(DAY, "umbra.e1")]


def test_a_compaction_between_plan_and_part_hides_nothing(
    archive: MemoryArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay_day, "PART_ROWS", 2)
    index = RecordingIndex()
    receive(archive, index, [Version(f"e{n}", DAY, n) for n in range(5)])
    compact(archive, index)
    receive(archive, index, [Version(f"e{n}", DAY, n, actor="aaa") for n in range(5, 9)])
    batches = ArchivedBatches(archive)
    parts = replay_day.plan_replay(archive, batches, day=DAY)
    assert len(parts) == 4
    compact(archive, index)
    index.documents.clear()
    for part in parts:
        replay_day.replay_part(archive, batches, FILES, index, part)
    assert len(indexed_events(index)) == 9


def test_what_lost_to_another_day_since_the_plan_stays_away(archive: MemoryArchive) -> None:
    index = RecordingIndex()
    receive(archive, index, [Version("e1", DAY, 5), Version("e2", DAY, 6)])
    compact(archive, index)
    planned = dict(archive.objects)
    parts = replay_day.plan_replay(archive, ArchivedBatches(archive), day=DAY)
    receive(archive, index, [Version("e1", "2026-11-20", 1)])
    compact(archive, index)
    archive.objects |= {key: body for key, body in planned.items() if key not in archive.objects}  # not yet cleaned up
    for part in parts:
        replay_day.replay_part(archive, ArchivedBatches(archive), FILES, index, part)
    assert (DAY, "acme.e1") not in indexed_events(index)
