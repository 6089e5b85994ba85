"""Buckets agree with an independent engine (DuckDB, ICU's time zones), also where clocks are changed."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from touchline.domain.queries.buckets import MOST_BUCKETS, boundaries, buckets_of, finished
from touchline.domain.queries.clock import zone_named
from touchline.domain.queries.intervals import Interval, parse_interval
from touchline.domain.queries.ranges import resolve_range
from touchline.errors import TooManyBuckets

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # changes by half an hour
    "Asia/Kathmandu",  # 5:45
    "Africa/Casablanca",  # four changes a year, around Ramadan
    "America/St_Johns",  # -3:30
    "America/Sao_Paulo",  # until 2019 midnight was skipped
    "Asia/Beirut",  # midnight is skipped
    "America/Havana",  # midnight comes twice
    "Pacific/Apia",
    "Pacific/Chatham",  # 12:45
]
INTERVALS = [
    *("minute", "5 minutes", "15 minutes", "hour", "2 hours", "6 hours", "12 hours"),
    *("day", "2 days", "10 days", "week", "2 weeks", "month", "2 months", "quarter", "year", "3 years"),
]
# Each unit's own origin, where the engine would choose another.
ORIGINS = {("day", "monday"): "2000-01-01", ("day", "sunday"): "2000-01-01", ("week", "monday"): "2000-01-03"}
SECOND = 1000
# What lawmakers will do to clocks later is guessed differently by different editions of the time zone data.
KNOWN_UNTIL = 1_735_689_600 * SECOND  # 2025
ENGINE = duckdb.connect()


def engine_buckets(instants: list[int], zone: str, interval: Interval, week_start: str) -> list[tuple[object, ...]]:
    """What DuckDB takes for the bucket of each instant."""
    months = interval.months
    length = f"{months} months" if months else f"{interval.count} {interval.unit}s"
    origin = "2000-01-01" if months else ORIGINS.get((interval.unit, week_start), "2000-01-01")
    if interval.unit == "week" and week_start == "sunday":
        origin = "2000-01-02"
    short = interval.minutes is not None and interval.minutes <= 60
    wall = "timezone($zone, make_timestamptz(moment * 1000))"
    apart = f"{wall} - timezone('UTC', make_timestamptz(moment * 1000))" if short else "0"
    sql = f"""
        SELECT time_bucket(INTERVAL '{length}', {wall}, TIMESTAMP '{origin}'), {apart}
        FROM (SELECT unnest($instants::BIGINT[]) AS moment, generate_subscripts($instants::BIGINT[], 1) AS n) ORDER BY n
    """
    return ENGINE.execute(sql, {"instants": instants, "zone": zone}).fetchall()


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("text", INTERVALS)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_each_instant_is_in_the_bucket_that_the_engine_puts_it_in(zone: str, text: str, data: st.DataObject) -> None:
    interval = parse_interval(text)
    week_start = data.draw(st.sampled_from(["monday", "sunday"]))
    start = data.draw(st.integers(1_420_070_400, 1_704_067_200)) * SECOND  # 2015 to 2023
    length = interval.roughly_minutes() * 60 * data.draw(st.integers(1, 40))
    end = min(start + length * SECOND, KNOWN_UNTIL)
    edges = boundaries(start, end, interval, zone_named(zone), week_start)

    near = [at for edge in edges for at in (edge - SECOND, edge, edge + SECOND)]
    random = data.draw(st.lists(st.integers(start // SECOND, end // SECOND - 1), max_size=50))
    instants = sorted({at for at in (*near, *(at * SECOND for at in random)) if start <= at < end})
    theirs = engine_buckets(instants, zone, interval, week_start)
    starts = set(edges)
    for (before, at), (their_before, their_at) in zip(pairwise(instants), pairwise(theirs), strict=True):
        separated = any(edge in starts for edge in edges if before < edge <= at)
        assert separated == (their_before != their_at), (zone, text, at)


@pytest.mark.parametrize("zone", ZONES)
@given(start=st.integers(0, 4_000_000_000), length=st.integers(1, 4_000_000), text=st.sampled_from(INTERVALS))
def test_buckets_cover_the_range_without_gap_or_overlap(zone: str, start: int, length: int, text: str) -> None:
    first, last = start * SECOND, (start + length) * SECOND
    try:
        edges = boundaries(first, last, parse_interval(text), zone_named(zone), "monday")
    except TooManyBuckets:
        return
    assert (edges[0], edges[-1]) == (first, last)
    assert all(a < b for a, b in pairwise(edges))


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("America/New_York", "2026-03-08", 23),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Asia/Kathmandu", "2026-03-29", 24),
        ("Asia/Beirut", "2022-03-27", 23),
    ],
)
def test_a_day_has_as_many_hours_as_the_clock_gives_it_and_appears_once(zone: str, day: str, hours: float) -> None:
    named = zone_named(zone)
    next_day = str(date.fromisoformat(day) + timedelta(days=1))
    span = resolve_range(day, next_day, named)
    assert boundaries(span.start, span.end, Interval("day"), named, "monday") == [span.start, span.end]
    assert (span.end - span.start) / 3_600_000 == hours


def test_an_hour_that_comes_twice_is_two_buckets() -> None:
    zone = zone_named("Europe/Berlin")
    span = resolve_range("2026-10-25", "2026-10-26", zone)
    assert len(boundaries(span.start, span.end, Interval("hour"), zone, "monday")) - 1 == 25


def test_weeks_start_on_the_day_asked_for() -> None:
    zone = zone_named("Europe/Berlin")
    span = resolve_range("2026-11-01", "2026-12-01", zone)
    for week_start, weekday in (("monday", 0), ("sunday", 6)):
        inner = boundaries(span.start, span.end, Interval("week"), zone, week_start)[1:-1]
        assert {datetime.fromtimestamp(edge / SECOND, zone).weekday() for edge in inner} == {weekday}


def test_the_unfinished_bucket_is_marked_and_can_be_left_out() -> None:
    zone = zone_named("UTC")
    span = resolve_range("2026-11-01", "2026-11-04", zone)
    edges = boundaries(span.start, span.end, Interval("day"), zone, "monday")
    noon = edges[2] + 12 * 3_600_000
    assert [bucket.complete for bucket in buckets_of(edges, noon)] == [True, True, False]
    assert finished(edges, noon) == edges[:3]
    assert [bucket.complete for bucket in buckets_of(edges, edges[3])] == [True, True, True]


def test_too_many_buckets_name_an_interval_that_works() -> None:
    zone = zone_named("UTC")
    span = resolve_range("2026-01-01", "2026-12-31", zone)
    with pytest.raises(TooManyBuckets, match="interval '6 hours' would work") as refused:
        boundaries(span.start, span.end, Interval("minute", 5), zone, "monday")
    assert refused.value.field == "interval"
    assert len(boundaries(span.start, span.end, Interval("hour", 6), zone, "monday")) <= MOST_BUCKETS + 1
