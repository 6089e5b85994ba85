"""Ranges in words: `last_30_days`, `yesterday`, `month_to_date`; resolved anew each time that a question is asked.

`last_…` are whole units that are over: today, or the current week, is not among them. `…_to_date` begins with the
current unit and ends with today, so that its last day is marked as not over.
"""

import re
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from touchline.domain.queries.buckets import WeekStart
from touchline.domain.queries.clock import first_instant, wall_time
from touchline.domain.queries.ranges import TimeRange
from touchline.errors import InvalidRange

LAST: Final = re.compile(r"last_([1-9]\d{0,3})_(hour|day|week|month|quarter|year)s?", re.ASCII)
TO_DATE: Final = re.compile(r"(week|month|quarter|year)_to_date", re.ASCII)
MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
MOST: Final = {"hour": 9_999, "day": 9_999, "week": 1_400, "month": 330, "quarter": 110, "year": 27}
KNOWN: Final = (
    "today, yesterday, last_<n>_hours, last_<n>_days, last_<n>_weeks, last_<n>_months, last_<n>_quarters, "
    "last_<n>_years, week_to_date, month_to_date, quarter_to_date, year_to_date"
)


def relative_range(text: str, now: int, zone: ZoneInfo, week_start: WeekStart, field: str = "range") -> TimeRange:
    """`now` in epoch ms. Raises InvalidRange."""
    wall = wall_time(now, zone)
    today = wall.replace(hour=0, minute=0, second=0, microsecond=0)
    start, end = _edges(text, wall, today, week_start, field)
    return TimeRange(first_instant(start, zone), first_instant(end, zone))


def _edges(text: str, wall: datetime, today: datetime, week_start: WeekStart, field: str) -> tuple[datetime, datetime]:
    if text == "today":
        return today, today + timedelta(days=1)
    if text == "yesterday":
        return today - timedelta(days=1), today
    if found := TO_DATE.fullmatch(text):
        return _beginning(found[1], today, week_start), today + timedelta(days=1)
    found = LAST.fullmatch(text)
    if found is None or int(found[1]) > MOST[found[2]]:
        raise InvalidRange(f"{text[:64]!r} is not a range. Use one of: {KNOWN}.", field=field)
    unit, count = found[2], int(found[1])
    end = wall.replace(minute=0, second=0, microsecond=0) if unit == "hour" else _beginning(unit, today, week_start)
    return _back(end, unit, count), end


def _beginning(unit: str, today: datetime, week_start: WeekStart) -> datetime:
    if unit == "week":
        return today - timedelta(days=(today.weekday() + (week_start == "sunday")) % 7)
    if unit in MONTHS:
        return today.replace(day=1, month=today.month - (today.month - 1) % MONTHS[unit])
    return today


def _back(end: datetime, unit: str, count: int) -> datetime:
    if unit in MONTHS:
        year, month = divmod(end.year * 12 + end.month - 1 - count * MONTHS[unit], 12)
        return end.replace(year=year, month=month + 1)
    return end - count * {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}[unit]
