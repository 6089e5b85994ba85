"""The period to compare with has the same length, the same number of buckets and its own calendar."""

from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.queries.buckets import boundaries
from touchline.domain.queries.clock import DAY, rfc3339, wall_time, zone_named
from touchline.domain.queries.comparison import change, choose_shift, shifted_edges
from touchline.domain.queries.intervals import Interval, parse_interval
from touchline.domain.queries.ranges import TimeRange, resolve_range
from touchline.errors import InvalidRange

BERLIN = zone_named("Europe/Berlin")
LATER = 4_000_000_000_000


def compared(
    start: str, end: str, period: str, *, interval: str = "day", custom: str | None = None, weekday: bool = False
) -> list[str]:
    span = resolve_range(start, end, BERLIN)
    chosen = parse_interval(interval)
    edges = boundaries(span.start, span.end, chosen, BERLIN, "monday")
    shift = choose_shift(period, custom, span, chosen, BERLIN, weekday=weekday)  # type: ignore[arg-type]
    other = shifted_edges(edges, shift, BERLIN, LATER)
    assert len(other) == len(edges)
    return [rfc3339(other[0], BERLIN)[:10], rfc3339(other[-1], BERLIN)[:10]]


@pytest.mark.parametrize(
    ("asked", "options", "expected"),
    [
        (("2026-11-01", "2026-11-08", "previous"), {}, ["2026-10-25", "2026-11-01"]),  # over a change of the clock
        (("2026-11-01", "2026-12-01", "previous"), {}, ["2026-10-02", "2026-11-01"]),
        (("2026-10-01", "2026-12-01", "previous"), {"interval": "month"}, ["2026-08-01", "2026-10-01"]),
        (("2026-11-01", "2026-12-01", "year"), {}, ["2025-11-01", "2025-12-01"]),
        (("2028-02-29", "2028-03-01", "year"), {}, ["2027-03-01", "2027-03-01"]),
        (("2026-11-02", "2026-11-09", "match_weekday"), {}, ["2025-11-03", "2025-11-10"]),
        (("2026-11-02", "2026-11-09", "year"), {"weekday": True}, ["2025-11-03", "2025-11-10"]),
        (("2026-11-01", "2026-12-01", "previous"), {"weekday": True}, ["2026-09-27", "2026-10-27"]),
        (("2026-11-01", "2026-11-08", "custom"), {"custom": "2026-05-01"}, ["2026-05-01", "2026-05-08"]),
    ],
)
def test_finds_the_other_period(asked: tuple[str, str, str], options: dict[str, str], expected: list[str]) -> None:
    assert compared(*asked, **options) == expected  # type: ignore[arg-type]


@given(
    start=st.integers(16_000, 24_000),
    days=st.integers(1, 60),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Beirut"]),
)
def test_previous_ends_where_the_range_begins_and_has_as_many_days(start: int, days: int, zone: str) -> None:
    named = ZoneInfo(zone)
    first = resolve_range(_day(start), _day(start + days), named)
    edges = boundaries(first.start, first.end, Interval("day"), named, "monday")
    shift = choose_shift("previous", None, first, Interval("day"), named, weekday=False)
    other = shifted_edges(edges, shift, named, LATER)
    assert other[-1] == first.start
    assert other == boundaries(other[0], other[-1], Interval("day"), named, "monday")


@given(start=st.integers(16_000, 24_000), hours=st.integers(1, 100), now=st.integers(0, 120))
def test_counterparts_never_fall_and_stop_where_the_present_stops(start: int, hours: int, now: int) -> None:
    span = TimeRange(start * DAY, start * DAY + hours * 3_600_000)
    edges = boundaries(span.start, span.end, Interval("hour"), BERLIN, "monday")
    shift = choose_shift("year", None, span, Interval("hour"), BERLIN, weekday=True)
    moment = span.start + now * 3_600_000
    other = shifted_edges(edges, shift, BERLIN, moment)
    assert all(a <= b for a, b in pairwise(other))
    assert other[-1] <= max(shift.of(moment, BERLIN), shift.of(span.start, BERLIN), *other[:-1])
    assert wall_time(other[0], BERLIN).weekday() == wall_time(span.start, BERLIN).weekday()


def test_change_from_nothing_is_unknown() -> None:
    assert change(5, 0) is None
    assert change(0, 0) is None
    assert change(None, 3) is None
    assert change("12.5", "10") == 0.25
    assert change(0, 4) == -1
    assert change({"EUR": "3", "USD": "1"}, {"EUR": "2"}) == {"EUR": 0.5, "USD": None}


def test_a_beginning_belongs_to_custom_alone() -> None:
    span = resolve_range("2026-11-01", "2026-11-08", BERLIN)
    for period, custom in (("custom", None), ("previous", "2026-01-01")):
        with pytest.raises(InvalidRange):
            choose_shift(period, custom, span, Interval("day"), BERLIN, weekday=False)  # type: ignore[arg-type]


def _day(number: int) -> str:
    return rfc3339(number * DAY, ZoneInfo("UTC"))[:10]
