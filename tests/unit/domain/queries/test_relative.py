"""Ranges in words, at moments around which calendars are difficult."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.queries.clock import instant, rfc3339, wall_time
from touchline.domain.queries.relative import relative_range
from touchline.errors import InvalidRange

BERLIN = ZoneInfo("Europe/Berlin")
NOW = instant(datetime(2026, 11, 22, 9, 30, tzinfo=UTC))  # a Sunday


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("today", "2026-11-22T00", "2026-11-23T00"),
        ("yesterday", "2026-11-21T00", "2026-11-22T00"),
        ("last_24_hours", "2026-11-21T10", "2026-11-22T10"),
        ("last_1_day", "2026-11-21T00", "2026-11-22T00"),
        ("last_30_days", "2026-10-23T00", "2026-11-22T00"),
        ("last_2_weeks", "2026-11-02T00", "2026-11-16T00"),
        ("last_11_months", "2025-12-01T00", "2026-11-01T00"),
        ("last_2_quarters", "2026-04-01T00", "2026-10-01T00"),
        ("last_1_years", "2025-01-01T00", "2026-01-01T00"),
        ("week_to_date", "2026-11-16T00", "2026-11-23T00"),
        ("month_to_date", "2026-11-01T00", "2026-11-23T00"),
        ("quarter_to_date", "2026-10-01T00", "2026-11-23T00"),
        ("year_to_date", "2026-01-01T00", "2026-11-23T00"),
    ],
)
def test_reads_as_it_says(text: str, start: str, end: str) -> None:
    found = relative_range(text, NOW, BERLIN, "monday")
    assert rfc3339(found.start, BERLIN).startswith(start)
    assert rfc3339(found.end, BERLIN).startswith(end)


def test_weeks_begin_on_the_workspaces_day() -> None:
    found = relative_range("week_to_date", NOW, BERLIN, "sunday")
    assert rfc3339(found.start, BERLIN).startswith("2026-11-22T00")


@pytest.mark.parametrize("text", ["", "last_0_days", "last_days", "last_99999_days", "last_400_years", "tomorrow", "٣"])
def test_what_is_no_range_is_told_which_there_are(text: str) -> None:
    with pytest.raises(InvalidRange, match="month_to_date") as told:
        relative_range(text, NOW, BERLIN, "monday", "segment.conditions.0.range")
    assert told.value.field == "segment.conditions.0.range"


@given(
    st.integers(946_684_800_000, 4_102_444_800_000),  # the years 2000 to 2100
    st.sampled_from([BERLIN, ZoneInfo("America/Sao_Paulo"), ZoneInfo("Pacific/Apia"), ZoneInfo("UTC")]),
    st.sampled_from(["hour", "day", "week", "month", "quarter", "year"]),
    st.integers(1, 27),
)
def test_finished_units_end_before_now_and_join_without_a_gap(now: int, zone: ZoneInfo, unit: str, count: int) -> None:
    whole = relative_range(f"last_{count}_{unit}s", now, zone, "monday")
    assert whole.start < whole.end
    if unit != "hour":  # an hour that the clock repeats begins twice
        assert whole.end <= now
        assert wall_time(whole.end - 1, zone) < wall_time(now, zone)
    latest = relative_range(f"last_1_{unit}", now, zone, "monday")
    assert latest.end == whole.end
    assert whole.start <= latest.start
