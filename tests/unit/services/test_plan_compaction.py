"""Which batches a compaction takes in."""

import pytest
from touchline.adapters.batches import ArchivedBatches
from touchline.adapters.memory.archive import MemoryArchive
from touchline.adapters.memory.leases import MemoryLeases
from touchline.services import plan_compaction as planning
from touchline.services.plan_compaction import Plan, plan_compaction

from tests.unit.services.archiving import NOON, RecordingIndex, Version, receive


def plan(archive: MemoryArchive, now: int = NOON) -> Plan:
    planned = plan_compaction(archive, ArchivedBatches(archive), MemoryLeases(), owner="run", now=now)
    assert planned is not None
    return planned


@pytest.mark.parametrize(
    ("hour", "taken"), [("2026-11-22/10", True), ("2026-11-22/11", False), ("2026-11-21/23", True)]
)
def test_an_hour_is_taken_in_once_it_has_settled(hour: str, *, taken: bool) -> None:
    archive = MemoryArchive()
    key = receive(archive, RecordingIndex(), [Version("e1", "2026-11-20", 1)], hour)
    assert (key in plan(archive).feeds) is taken


def test_five_minutes_later_the_last_hour_has_settled() -> None:
    archive = MemoryArchive()
    key = receive(archive, RecordingIndex(), [Version("e1", "2026-11-20", 1)], "2026-11-22/11")
    assert key in plan(archive, NOON + 5 * 60 * 1000).feeds


def test_it_tells_each_tenants_days_and_survives_being_stored() -> None:
    archive = MemoryArchive()
    sent = [
        Version("e1", "2026-11-20", 1),
        Version("e2", "2026-11-21", 2),
        Version("e1", "2026-11-20", 1, tenant="umbra"),
    ]
    key = receive(archive, RecordingIndex(), sent)
    planned = plan(archive)
    assert planned.feeds == {key: {"acme": ["2026-11-20", "2026-11-21"], "umbra": ["2026-11-20"]}}
    assert planned.feeds_of("umbra") == {key: ["2026-11-20"]}
    assert Plan.from_json(archive.get(planned.key)) == planned


def test_a_run_takes_in_no_more_than_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "MAX_EVENTS", 3)
    archive = MemoryArchive()
    for number in range(4):
        receive(archive, RecordingIndex(), [Version(f"e{number}.{n}", "2026-11-20", n) for n in range(2)])
    first = plan(archive)
    assert (len(first.feeds), first.more) == (2, True)
    rest = plan_compaction(archive, ArchivedBatches(archive), MemoryLeases(), owner="run", now=NOON, after=first.last)
    assert rest is not None
    assert (len(rest.feeds), rest.more) == (2, False)
    assert sorted([*first.feeds, *rest.feeds]) == list(archive.keys("batches/"))
