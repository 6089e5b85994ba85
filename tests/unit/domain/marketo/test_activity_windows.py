"""Windows of imports: no second is missed, none is asked for twice within one import, and no range is too long."""

from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.marketo.activity_windows import DAY_MS, HOUR_MS, SETTLED_MS, Window, end_of, windows

NOON = 1_795_348_800_000  # 2026-11-22T12:00:00Z
LATE = st.integers(0, 168)
DAYS = st.integers(1, 365)


def seconds(asked: Window) -> tuple[int, int]:
    """First and last, as Marketo reads the filter: both belong to it."""
    told = asked.as_filter()
    first, last = (datetime.fromisoformat(told[name]) for name in ("startAt", "endAt"))
    return int(first.timestamp()), int(last.timestamp())


@given(st.integers(NOON, NOON + 10 * DAY_MS), st.none() | st.integers(NOON - 400 * DAY_MS, NOON + DAY_MS), DAYS, LATE)
def test_windows_meet_and_none_is_longer_than_marketo_takes(
    now: int, done_until: int | None, first_days: int, late_hours: int
) -> None:
    found = windows(now, done_until=done_until, first_days=first_days, late_hours=late_hours)
    asked = [seconds(window) for window in found]
    for first, last in asked:
        assert 0 <= last - first <= 31 * 86_400
    for (_, last), (first, _) in pairwise(asked):
        assert first == last + 1
    if asked:
        assert asked[-1][1] + 1 == (now - SETTLED_MS) // 1000


@given(st.lists(st.integers(1, 40 * DAY_MS), min_size=1, max_size=8), DAYS, LATE)
def test_imports_one_after_the_other_leave_no_gap(steps: list[int], first_days: int, late_hours: int) -> None:
    now, until, covered = NOON, None, list[tuple[int, int]]()
    for step in steps:
        now += step
        found = windows(now, done_until=until, first_days=first_days, late_hours=late_hours)
        if found:
            covered.append((seconds(found[0])[0], seconds(found[-1])[1]))
            until = end_of({"createdAt": window.as_filter()} for window in found)
            assert until == (now - SETTLED_MS) // 1000 * 1000
    for (_, last), (first, _) in pairwise(covered):
        assert first <= last + 1
        assert first >= last + 1 - late_hours * 3600


def test_the_first_import_of_a_month_is_one_export() -> None:
    (window,) = windows(NOON, done_until=None, first_days=31, late_hours=24)
    assert window.as_filter() == {"startAt": "2026-10-22T11:55:00Z", "endAt": "2026-11-22T11:54:59Z"}


def test_a_year_is_twelve() -> None:
    assert len(windows(NOON, done_until=None, first_days=365, late_hours=24)) == 12


def test_later_ones_begin_where_the_last_ended_and_look_back() -> None:
    (window,) = windows(NOON, done_until=NOON - DAY_MS, first_days=31, late_hours=24)
    assert (window.start, window.end) == (NOON - 2 * DAY_MS, NOON - SETTLED_MS)


def test_none_where_nothing_can_have_settled() -> None:
    assert windows(NOON, done_until=NOON, first_days=31, late_hours=0) == []
    assert windows(NOON, done_until=NOON + HOUR_MS, first_days=31, late_hours=1) == []


def test_after_a_long_pause_what_would_be_too_old_is_left_out() -> None:
    found = windows(NOON, done_until=NOON - 900 * DAY_MS, first_days=31, late_hours=24)
    assert found[0].start == NOON - SETTLED_MS - 365 * DAY_MS


@pytest.mark.parametrize(
    "filters", [[], [{"createdAt": {"startAt": "2026-01-01T00:00:00Z", "endAt": "2026-01-01T23:59:59Z"}}]]
)
def test_where_an_import_ends(filters: list[dict[str, dict[str, str]]]) -> None:
    ends = int(datetime.fromisoformat("2026-01-02T00:00:00Z").timestamp()) * 1000
    assert end_of(iter(filters)) == (ends if filters else None)
