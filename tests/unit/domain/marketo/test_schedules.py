"""Times of schedules: worked examples, and the laws against a search through every minute."""

import calendar
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from touchline.domain.marketo.cron import WEEKDAYS, parse_cron
from touchline.domain.marketo.schedules import check_schedule, is_frequent, next_runs, parse_schedule, starts_at
from touchline.domain.marketo.services import Schedule
from touchline.errors import InvalidRequest, UnknownTimeZone

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)  # a Sunday


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000)


def runs(expression: str, zone: str = "UTC", count: int = 3, now: datetime = NOW) -> list[str]:
    found = next_runs(Schedule(expression, zone), ms(now), count)
    return [datetime.fromtimestamp(at / 1_000, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M") for at in found]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cron(0 6 ? * MON-FRI *)", ["2026-11-23 06:00", "2026-11-24 06:00", "2026-11-25 06:00"]),
        ("cron(0 12 * * ? *)", ["2026-11-23 12:00", "2026-11-24 12:00", "2026-11-25 12:00"]),
        ("cron(0 6 L * ? *)", ["2026-11-30 06:00", "2026-12-31 06:00", "2027-01-31 06:00"]),
        ("cron(0 6 LW * ? *)", ["2026-11-30 06:00", "2026-12-31 06:00", "2027-01-29 06:00"]),
        ("cron(0 6 15W * ? *)", ["2026-12-15 06:00", "2027-01-15 06:00", "2027-02-15 06:00"]),
        ("cron(0 6 1W * ? *)", ["2026-12-01 06:00", "2027-01-01 06:00", "2027-02-01 06:00"]),
        ("cron(0 6 1W AUG ? 2026-2027)", ["2027-08-02 06:00"]),  # the 1st is a Sunday
        ("cron(0 6 ? * 2#1 *)", ["2026-12-07 06:00", "2027-01-04 06:00", "2027-02-01 06:00"]),
        ("cron(0 6 ? * FRI#5 *)", ["2027-01-29 06:00", "2027-04-30 06:00", "2027-07-30 06:00"]),
        ("cron(0 6 ? * 6L *)", ["2026-11-27 06:00", "2026-12-25 06:00", "2027-01-29 06:00"]),
        ("cron(30 14 29 2 ? *)", ["2028-02-29 14:30", "2032-02-29 14:30", "2036-02-29 14:30"]),
        ("cron(0/20 12 * * ? *)", ["2026-11-22 12:20", "2026-11-22 12:40", "2026-11-23 12:00"]),
        ("cron(0 0 1 1 ? 2199)", ["2199-01-01 00:00"]),
    ],
)
def test_the_next_times(expression: str, expected: list[str]) -> None:
    assert runs(expression) == expected


def test_a_time_that_the_clock_skips_is_skipped_and_one_shown_twice_is_taken_once() -> None:
    spring, autumn = datetime(2027, 3, 27, 12, tzinfo=UTC), datetime(2027, 10, 30, 12, tzinfo=UTC)
    berlin = "Europe/Berlin"
    assert runs("cron(30 2 * * ? *)", berlin, 2, spring) == ["2027-03-29 02:30", "2027-03-30 02:30"]
    assert runs("cron(30 2 * * ? *)", berlin, 2, autumn) == ["2027-10-31 02:30", "2027-11-01 02:30"]


def test_the_same_hour_of_the_zone_whatever_its_clock() -> None:
    found = next_runs(Schedule("cron(0 6 1 * ? *)", "America/New_York"), ms(NOW), 12)
    local = [datetime.fromtimestamp(at / 1_000, ZoneInfo("America/New_York")) for at in found]
    assert {(moment.day, moment.hour) for moment in local} == {(1, 6)}
    assert {moment.astimezone(UTC).hour for moment in local} == {10, 11}


def test_a_rate_counts_from_its_beginning() -> None:
    schedule = Schedule("rate(12 hours)", since=ms(NOW))
    hours = [timedelta(milliseconds=at) for at in next_runs(schedule, ms(NOW), 3)]
    assert [hour - timedelta(milliseconds=ms(NOW)) for hour in hours] == [timedelta(hours=n) for n in (12, 24, 36)]
    later = NOW + timedelta(hours=12)
    assert next_runs(schedule, ms(later), 1) == [ms(later + timedelta(hours=12))]
    assert starts_at(schedule) == NOW + timedelta(hours=12)
    assert starts_at(Schedule("cron(0 6 * * ? *)")) is None


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("0 6 * * ? *", "A schedule is written as"),
        ("at(2026-12-01T00:00:00)", "A schedule is written as"),
        ("cron(0 6 * * ?)", "it has 5 fields"),
        ("cron(0 6 * * * *)", "exactly one of"),
        ("cron(0 6 ? * ? *)", "exactly one of"),
        ("cron(60 6 * * ? *)", "'60' is not a minutes"),
        ("cron(0 6 * * ? 1969)", "'1969' is not a year"),
        ("cron(0 6 ? * FUN *)", "'FUN' is not a day of week"),
        ("cron(0 6 ? * FRI-MON *)", "turned round"),
        ("cron(0/0 6 * * ? *)", "after / comes"),
        ("cron(0 6 ? * 2#6 *)", "names no week"),
        ("cron(0 6 ? * L *)", "L alone"),
        ("cron(0 6 31W * ? *)", "not every month"),
        ("cron(0 6 L-3 * ? *)", "'L' is not a day of month"),
        ("cron(０ 6 * * ? *)", "is not a minutes"),
        ("cron(-1 6 * * ? *)", "'' is not a minutes"),
        ("rate(0 hours)", "A rate is"),
        ("rate(1 hours)", r"Write rate\(1 hour\)"),
        ("rate(2 hour)", r"Write rate\(2 hours\)"),
        ("rate(5 weeks)", "A rate is"),
        ("rate(999999 days)", "at most a year"),
    ],
)
def test_what_cannot_be_a_schedule_is_refused_with_what_would_work(expression: str, reason: str) -> None:
    with pytest.raises(InvalidRequest, match=reason) as refused:
        parse_schedule(expression)
    assert refused.value.field == "schedule.expression"


@pytest.mark.parametrize(
    "expression",
    ["cron(0 6 30 2 ? *)", "cron(0 6 * * ? 2025)", "cron(0 6 31 4,6,9,11 ? *)", "cron(30 2 28 3 ? 2027)"],
)
def test_a_schedule_that_never_runs_is_refused(expression: str) -> None:
    """The last: on that day the clock goes from 02:00 to 03:00."""
    with pytest.raises(InvalidRequest, match="never runs"):
        check_schedule(Schedule(expression, "Europe/Berlin"), ms(NOW), least_minutes=1)


@pytest.mark.parametrize("expression", ["rate(5 minutes)", "cron(*/5 * * * ? *)", "cron(0,55 1-2 * * ? *)"])
def test_a_schedule_that_leaves_no_time_to_work_is_refused(expression: str) -> None:
    with pytest.raises(InvalidRequest, match="more often than every 15 minutes"):
        check_schedule(Schedule(expression), ms(NOW), least_minutes=15)
    check_schedule(Schedule(expression), ms(NOW), least_minutes=5)
    assert is_frequent(Schedule(expression))


def test_minutes_of_one_hour_alone_are_as_far_apart_as_they_look() -> None:
    check_schedule(Schedule("cron(0,50 6 * * ? *)"), ms(NOW), least_minutes=50)


def test_an_unknown_time_zone_is_refused_with_close_ones() -> None:
    with pytest.raises(UnknownTimeZone, match="Europe/Berlin") as refused:
        check_schedule(Schedule("rate(1 day)", "Europe/Berlim"), ms(NOW), least_minutes=1)
    assert refused.value.field == "schedule.time_zone"


def fields(first: int, last: int) -> st.SearchStrategy[str]:
    number = st.integers(first, last)
    spans = st.tuples(number, number).map(sorted).map(lambda pair: f"{pair[0]}-{pair[1]}")
    parts = st.one_of(number.map(str), spans, st.tuples(number, st.integers(1, 12)).map(lambda p: f"{p[0]}/{p[1]}"))
    return st.one_of(st.just("*"), st.lists(parts, min_size=1, max_size=3).map(",".join))


def expressions() -> st.SearchStrategy[str]:
    near = st.integers(1, 28).map(lambda day: f"{day}W")
    of_month = st.one_of(fields(1, 31), st.just("L"), st.just("LW"), near).map(lambda text: (text, "?"))
    nth = st.tuples(st.sampled_from(sorted(WEEKDAYS)), st.integers(1, 5)).map(lambda pair: f"{pair[0]}#{pair[1]}")
    last = st.integers(1, 7).map(lambda day: f"{day}L")
    of_week = st.one_of(fields(1, 7), nth, last).map(lambda text: ("?", text))
    days = st.one_of(of_month, of_week)
    whole = st.tuples(fields(0, 59), fields(0, 23), days, fields(1, 12))
    return whole.map(lambda parts: f"cron({parts[0]} {parts[1]} {parts[2][0]} {parts[3]} {parts[2][1]} *)")


ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/Chicago", "Australia/Lord_Howe", "Asia/Kathmandu"])
MOMENTS = st.integers(ms(NOW) - 10**11, ms(NOW) + 10**11).map(lambda at: datetime.fromtimestamp(at // 1_000, UTC))


@settings(deadline=None, max_examples=60)
@given(expressions(), ZONES, MOMENTS)
def test_times_are_exactly_those_minutes_at_which_every_field_fits(expression: str, zone: str, now: datetime) -> None:
    """Against a search, minute by minute, through two days that begin at the time found (or now)."""
    schedule = Schedule(expression, zone)
    first = next_runs(schedule, ms(now), 1)
    start = datetime.fromtimestamp(first[0] / 1_000, UTC) - timedelta(minutes=1) if first else now
    end = start + timedelta(days=2)
    naive = []
    seen: set[datetime] = set()
    moment = start.replace(second=0, microsecond=0)
    while moment < end:
        wall = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
        if moment > start and wall not in seen and fits(expression, wall):
            naive.append(ms(moment))
        seen.add(wall)
        moment += timedelta(minutes=1)
    found = [at for at in next_runs(schedule, ms(start), 3_000) if at < ms(end)]
    first_of_two = start.astimezone(ZoneInfo(zone)).fold  # the search does not know that it begins in a second hour
    assert found == naive or first_of_two


@settings(deadline=None, max_examples=60)
@given(expressions(), ZONES, MOMENTS)
def test_times_are_rising_in_the_future_and_at_least_as_far_apart_as_is_said(
    expression: str, zone: str, now: datetime
) -> None:
    found = next_runs(Schedule(expression, zone), ms(now), 50)
    least = parse_schedule(expression).least_minutes_between()
    assert all(at > ms(now) for at in found)
    walls = [datetime.fromtimestamp(at / 1_000, ZoneInfo(zone)).replace(tzinfo=None) for at in found]
    assert all(later - earlier >= timedelta(minutes=least) for earlier, later in pairwise(walls))
    for count in (1, 7):
        assert next_runs(Schedule(expression, zone), ms(now), count) == found[:count]


def fits(expression: str, wall: datetime) -> bool:
    """Field by field, written apart from the code."""
    minute, hour, day, month, weekday, _ = expression.removeprefix("cron(").removesuffix(")").split()
    if not (among(minute, wall.minute, 59) and among(hour, wall.hour, 23) and among(month, wall.month, 12)):
        return False
    length = calendar.monthrange(wall.year, wall.month)[1]
    if weekday == "?":
        if day in {"L", "LW"} or day.endswith("W"):
            return wall.day == special(day, wall, length)
        return among(day, wall.day, 31)
    number = (wall.weekday() + 1) % 7 + 1
    if "#" in weekday:
        name, nth = weekday.split("#")
        return number == WEEKDAYS[name] and (wall.day - 1) // 7 + 1 == int(nth)
    if weekday.endswith("L"):
        return number == int(weekday[:-1]) and wall.day > length - 7
    return among(weekday, number, 7)


def special(day: str, wall: datetime, length: int) -> int:
    if day == "L":
        return length
    wanted = length if day == "LW" else int(day[:-1])
    working = [n for n in range(1, length + 1) if wall.replace(day=n).weekday() < 5]
    return min(working, key=lambda n: (abs(n - wanted), n))


def among(text: str, value: int, last: int) -> bool:
    for part in text.split(","):
        span, _, step = part.partition("/")
        if span == "*":
            return True
        low, _, high = span.partition("-")
        top = int(high) if high else (last if step else int(low))
        if int(low) <= value <= top and (value - int(low)) % int(step or 1) == 0:
            return True
    return False


def test_the_names_of_days_begin_with_sunday() -> None:
    assert parse_cron("0 6 ? * 1 *").days == parse_cron("0 6 ? * sun *").days
