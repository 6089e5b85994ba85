"""The period to compare with: the same buckets, shifted by the calendar, so that each has its counterpart."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import accumulate
from typing import Literal
from zoneinfo import ZoneInfo

from touchline.domain.queries.clock import DAY, edge_wall_time, first_instant
from touchline.domain.queries.intervals import Interval
from touchline.domain.queries.ranges import TimeRange, read_moment
from touchline.errors import InvalidRange

With = Literal["previous", "year", "custom", "match_weekday"]
WEEK = 7 * DAY


@dataclass(frozen=True, slots=True)
class Shift:
    """Back on the wall clock. Months first: 29 February becomes 1 March where the year has none."""

    months: int = 0
    milliseconds: int = 0

    def of(self, at: int, zone: ZoneInfo) -> int:
        wall = edge_wall_time(at, zone)
        return first_instant(_months_back(wall, self.months) - timedelta(milliseconds=self.milliseconds), zone)


def choose_shift(
    compare: With, custom_start: str | None, asked: TimeRange, interval: Interval, zone: ZoneInfo, *, weekday: bool
) -> Shift:
    """`weekday` moves on to the nearest equal weekday (for previous: the nearest that does not overlap)."""
    if (compare == "custom") != (custom_start is not None):
        raise InvalidRange("compare.from is given with 'custom', and only then.", field="compare.from")
    shift = _plain_shift(compare, custom_start, asked, interval, zone)
    return _to_equal_weekday(shift, asked, zone, compare) if weekday or compare == "match_weekday" else shift


def shifted_edges(edges: list[int], shift: Shift, zone: ZoneInfo, now: int) -> list[int]:
    """Edges of the counterparts, never falling. A bucket that is not over is compared with as much of its counterpart.

    Where the clock was changed in only one of the periods a counterpart may be empty.
    """
    until = max(now, edges[0])
    # The wall clock shows a time twice when it is set back: the later one must not come first.
    return list(accumulate((shift.of(min(edge, until), zone) for edge in edges), max))


def change(value: object, before: object) -> object:
    """Relative; None (null) from a base of 0, and where one is unknown. By currency where the values are."""
    if isinstance(value, dict):
        base = before if isinstance(before, dict) else {}
        return {key: change(one, base.get(key)) for key, one in value.items()}
    if not isinstance(value, int | float | str) or not isinstance(before, int | float | str):
        return None
    base_number = float(before)
    return (float(value) - base_number) / abs(base_number) if base_number else None


def _plain_shift(
    compare: With, custom_start: str | None, asked: TimeRange, interval: Interval, zone: ZoneInfo
) -> Shift:
    if custom_start is not None:
        wall, other = (
            edge_wall_time(asked.start, zone),
            edge_wall_time(read_moment(custom_start, zone, "compare.from"), zone),
        )
        return Shift(milliseconds=_milliseconds(wall - other))
    if compare in {"year", "match_weekday"}:
        return Shift(months=12)
    start, end = edge_wall_time(asked.start, zone), edge_wall_time(asked.end, zone)
    if interval.months is not None and _is_month(start) and _is_month(end):
        return Shift(months=(end.year - start.year) * 12 + end.month - start.month)
    return Shift(milliseconds=_milliseconds(end - start))


def _to_equal_weekday(shift: Shift, asked: TimeRange, zone: ZoneInfo, compare: With) -> Shift:
    start = edge_wall_time(asked.start, zone)
    back = _milliseconds(start - edge_wall_time(shift.of(asked.start, zone), zone))
    weeks = -(-back // WEEK) if compare == "previous" else (2 * back + WEEK) // (2 * WEEK)
    return Shift(milliseconds=weeks * WEEK)


def _months_back(wall: datetime, months: int) -> datetime:
    if not months:
        return wall
    count = wall.year * 12 + wall.month - 1 - months
    year, month = divmod(count, 12)
    try:
        return wall.replace(year=year, month=month + 1)
    except ValueError:  # the month is shorter
        following = divmod(count + 1, 12)
        return wall.replace(year=following[0], month=following[1] + 1, day=1, hour=0, minute=0, second=0, microsecond=0)


def _is_month(wall: datetime) -> bool:
    return wall.day == 1 and wall.time() == time.min


def _milliseconds(length: timedelta) -> int:
    return length // timedelta(milliseconds=1)
