"""Where one bucket ends and the next begins: the only definition of it, whatever store counts the events.

Buckets longer than an hour follow the wall clock, so a day with a change of the clock has 23 or 25 hours and appears
once. Buckets of an hour or less also end where the clock is changed, so an hour that comes twice is two buckets.
Days, weeks, months and their multiples are counted from 1 January 2000 (weeks from the first week day after it), so
that the same interval has the same boundaries in each query.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from touchline.domain.queries.clock import changes, first_instant, offset, wall_time
from touchline.domain.queries.intervals import DAY_MINUTES, SUGGESTED, Interval
from touchline.errors import InvalidRange, TooManyBuckets

WeekStart = Literal["monday", "sunday"]

# More cannot be told apart on a chart, and each costs memory in the search store, times the rows of a breakdown.
MOST_BUCKETS = 2_000
HOUR = 60
MINUTE_MS = 60_000
ORIGIN_YEAR = 2000
FIRST_DAY = date(ORIGIN_YEAR, 1, 1)
FIRST_WEEK_DAY: dict[WeekStart, date] = {"monday": date(ORIGIN_YEAR, 1, 3), "sunday": date(ORIGIN_YEAR, 1, 2)}


@dataclass(frozen=True, slots=True)
class Bucket:
    """[start, end) in epoch ms. Incomplete while `end` lies in the future."""

    start: int
    end: int
    complete: bool


def boundaries(start: int, end: int, interval: Interval, zone: ZoneInfo, week_start: WeekStart) -> list[int]:
    """From `start` to `end`, both included; at least two; rising. Raises TooManyBuckets before making them."""
    _check_number(start, end, interval)
    if interval.minutes is not None and interval.minutes <= HOUR:
        inner = _clock_boundaries(start, end, interval.minutes * MINUTE_MS, zone)
    else:
        inner = _wall_boundaries(start, end, interval, zone, week_start)
    edges = [start, *sorted(edge for edge in set(inner) if start < edge < end), end]
    if len(edges) - 1 > MOST_BUCKETS:
        raise _too_many(end - start, interval)
    return edges


def buckets_of(edges: list[int], now: int) -> list[Bucket]:
    return [Bucket(start, end, end <= now) for start, end in pairwise(edges)]


def finished(edges: list[int], now: int) -> list[int]:
    """The edges of the buckets that are over; fewer than two if none is."""
    return edges[: bisect_right(edges, now)]


def bucket_at(edges: Sequence[int], start: int, where: str) -> int:
    """Which bucket begins at `start`. Raises InvalidRange; `where` is the place in the request."""
    number = bisect_right(edges, start) - 1
    if not 0 <= number < len(edges) - 1 or edges[number] != start:
        raise InvalidRange("No bucket begins there. Use `from` of one of the answer's buckets as it is.", field=where)
    return number


def _check_number(start: int, end: int, interval: Interval) -> None:
    # Twice the cap, because the estimate is rough and a multiple of months may be shorter than it says.
    if (end - start) // (interval.roughly_minutes() * MINUTE_MS) > 2 * MOST_BUCKETS:
        raise _too_many(end - start, interval)


def _too_many(length: int, interval: Interval) -> TooManyBuckets:
    works = next((s for s in SUGGESTED if length // (s.roughly_minutes() * MINUTE_MS) < MOST_BUCKETS - 2), None)
    hint = f" The interval '{works.describe()}' would work." if works else " Ask for a shorter range."
    return TooManyBuckets(
        f"The interval '{interval.describe()}' cuts this range into more than {MOST_BUCKETS:,} buckets.{hint}",
        field="interval",
    )


def _clock_boundaries(start: int, end: int, step: int, zone: ZoneInfo) -> list[int]:
    edges: list[int] = []
    stretches = [start, *changes(start, end, zone), end]
    for begin, stop in pairwise(stretches):
        shift = offset(begin, zone)
        first = begin - (begin + shift) % step + step
        edges += [begin, *range(first, stop, step)]
    return edges


def _wall_boundaries(start: int, end: int, interval: Interval, zone: ZoneInfo, week_start: WeekStart) -> list[int]:
    wall, last = wall_time(start, zone), wall_time(end, zone)
    position = _position(wall, interval, week_start)
    edges = []
    while (boundary := _boundary(position, interval, week_start)) <= last:
        edges.append(first_instant(boundary, zone))
        position += 1
    return edges


def _position(wall: datetime, interval: Interval, week_start: WeekStart) -> int:
    """Which bucket a wall time is in, counted from the origin."""
    if interval.months is not None:
        return ((wall.year - ORIGIN_YEAR) * 12 + wall.month - 1) // interval.months
    if interval.days is not None:
        return (wall.date() - _first(interval, week_start)).days // interval.days
    return (wall - datetime.combine(FIRST_DAY, time.min)) // timedelta(minutes=interval.minutes or DAY_MINUTES)


def _boundary(position: int, interval: Interval, week_start: WeekStart) -> datetime:
    """Where a bucket begins. The inverse of `_position`."""
    if interval.months is not None:
        years, month = divmod(position * interval.months, 12)
        return datetime.combine(date(ORIGIN_YEAR + years, month + 1, 1), time.min)
    if interval.days is not None:
        return datetime.combine(_first(interval, week_start) + timedelta(days=position * interval.days), time.min)
    return datetime.combine(FIRST_DAY, time.min) + position * timedelta(minutes=interval.minutes or DAY_MINUTES)


def _first(interval: Interval, week_start: WeekStart) -> date:
    return FIRST_WEEK_DAY[week_start] if interval.unit == "week" else FIRST_DAY
