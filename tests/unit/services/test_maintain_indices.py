"""Retention, merging and closing: what a run does and what it leaves."""

from datetime import date, timedelta
from typing import Literal

import pytest
from touchline.adapters.memory.day_indices import MemoryDayIndices
from touchline.ports import DayIndex
from touchline.services import maintain_indices as maintenance
from touchline.services.maintain_indices import Maintained, Retention, maintain_indices

TODAY = date(2026, 11, 22)
NOW = 1_795_316_400_000  # 03:00 UTC of that day
RETENTION = Retention(events=400, rejected=30, conversions=800)


def day_index(days_ago: int, kind: Literal["events", "rejected"] = "events", *, done: bool = False) -> DayIndex:
    day = TODAY - timedelta(days=days_ago)
    return DayIndex(f"{kind}-{day:%Y.%m.%d}", kind, day, read_only=done, merged=done)


def holding(*indices: DayIndex, received: dict[str, int] | None = None) -> MemoryDayIndices:
    return MemoryDayIndices({index.name: index for index in indices}, received or {})


def run(indices: MemoryDayIndices, *, has_time: bool = True) -> Maintained:
    return maintain_indices(indices, RETENTION, today=TODAY, now=NOW, has_time=lambda: has_time)


def test_days_past_their_retention_are_dropped() -> None:
    indices = holding(day_index(400), day_index(399, done=True), day_index(30, "rejected"), day_index(29, "rejected"))
    assert run(indices).dropped == ["events-2025.10.18", "rejected-2026.10.23"]
    assert set(indices.indices) == {"events-2025.10.19", "rejected-2026.10.24"}


def test_a_month_of_conversions_is_dropped_once_its_last_day_is_and_never_closed() -> None:
    ends = {"conversions-2024.08": date(2024, 8, 31), "conversions-2024.09": date(2024, 9, 30)}
    indices = holding(
        *(DayIndex(name, "conversions", day, read_only=False, merged=False) for name, day in ends.items())
    )
    assert run(indices) == Maintained(dropped=["conversions-2024.08"])


def test_a_past_day_is_merged_and_closed_once() -> None:
    indices = holding(day_index(1))
    done = run(indices)
    assert (done.merged, done.closed) == (["events-2026.11.21"], ["events-2026.11.21"])
    assert run(indices) == Maintained()


def test_today_stays_open() -> None:
    assert run(holding(day_index(0))) == Maintained()


def test_a_day_that_still_receives_waits() -> None:
    name = day_index(1).name
    indices = holding(day_index(1), received={name: NOW - maintenance.QUIET_MS + 1})
    assert run(indices) == Maintained(left=[name])


def test_a_day_that_late_events_opened_again_is_closed_again() -> None:
    indices = holding(DayIndex("events-2026.11.01", "events", date(2026, 11, 1), read_only=False, merged=False))
    assert run(indices).closed == ["events-2026.11.01"]


def test_a_closed_day_whose_merge_did_not_happen_is_merged() -> None:
    indices = holding(DayIndex("events-2026.11.01", "events", date(2026, 11, 1), read_only=True, merged=False))
    assert run(indices) == Maintained(merged=["events-2026.11.01"])


def test_without_time_the_work_is_left_for_the_next_run() -> None:
    indices = holding(day_index(2), day_index(1))
    assert run(indices, has_time=False).left == ["events-2026.11.20", "events-2026.11.21"]
    assert run(indices).left == []


def test_a_run_begins_no_more_merges_than_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maintenance, "MERGES_A_RUN", 1)
    indices = holding(day_index(2), day_index(1))
    assert run(indices).left == ["events-2026.11.21"]
    assert run(indices).merged == ["events-2026.11.21"]
