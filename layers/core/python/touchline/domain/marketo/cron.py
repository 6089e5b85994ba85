"""Cron as EventBridge Scheduler has it: six fields, with `?`, `L`, `W` and `#`.

    minutes   hours   day of month   month    day of week   year
    0-59      0-23    1-31 ? L W     1-12     1-7 ? L #     1970-2199

Months and days of the week (1 is Sunday) have names, too. One of the two days is `?`, and only one. Libraries for other
dialects differ in just these: where the week begins, what both days together mean, what the sixth field is.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final, NoReturn

from touchline.domain.marketo.cron_days import DayRule
from touchline.errors import InvalidRequest

MONTHS: Final = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
WEEKDAYS: Final = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
LAST_YEAR: Final = 2199
EVERY_MONTH_HAS: Final = 28
MOST_WEEKS: Final = 5


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    first: int
    last: int
    names: dict[str, int]


MINUTES: Final = Field("minutes", 0, 59, {})
HOURS: Final = Field("hours", 0, 23, {})
DAYS: Final = Field("day of month", 1, 31, {})
MONTH: Final = Field("month", 1, 12, MONTHS)
WEEK: Final = Field("day of week", 1, 7, WEEKDAYS)
YEARS: Final = Field("year", 1970, LAST_YEAR, {})


@dataclass(frozen=True, slots=True)
class Cron:
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: DayRule
    months: tuple[int, ...]
    years: tuple[int, ...]

    def wall_times(self, after: datetime) -> Iterator[datetime]:
        """Naive, in order, from the beginning of the day of `after`; ends with the years that are asked for."""
        for year in (year for year in self.years if year >= after.year):
            for month in (month for month in self.months if (year, month) >= (after.year, after.month)):
                for day in self.days.days(year, month):
                    if (year, month, day) >= (after.year, after.month, after.day):
                        yield from self._of_day(date(year, month, day))

    def least_minutes_between(self) -> int:
        """At least so many lie between two times."""
        gaps = [later - earlier for earlier, later in zip(self.minutes, self.minutes[1:], strict=False)]
        hours = set(self.hours)
        if any((hour + 1) % 24 in hours for hour in hours):
            gaps.append(60 - self.minutes[-1] + self.minutes[0])
        return min(gaps, default=60)

    def _of_day(self, day: date) -> Iterator[datetime]:
        for hour in self.hours:
            for minute in self.minutes:
                yield datetime.combine(day, time(hour, minute))


def parse_cron(text: str) -> Cron:
    """What stands in the brackets of `cron(…)`. Raises InvalidRequest."""
    parts = text.upper().split()
    if len(parts) != 6:
        _refuse(
            f"it has {len(parts)} fields, and cron takes six: minutes, hours, day of month, month, day of week, year"
        )
    minutes, hours, day, month, weekday, year = parts
    if (day == "?") == (weekday == "?"):
        _refuse("exactly one of day of month and day of week is ?, as in cron(0 6 ? * MON-FRI *)")
    return Cron(
        _numbers(minutes, MINUTES),
        _numbers(hours, HOURS),
        _days_of_month(day) if weekday == "?" else _days_of_week(weekday),
        _numbers(month, MONTH),
        _numbers(year, YEARS),
    )


def _days_of_month(text: str) -> DayRule:
    parts = text.split(",")
    near = [part for part in parts if re.fullmatch(r"\d+W", part)]
    if any(int(part[:-1]) > EVERY_MONTH_HAS for part in near):
        _refuse(f"not every month has a day after {EVERY_MONTH_HAS} for W; LW is a month's last working day")
    plain = [part for part in parts if part not in {"L", "LW", *near}]
    return DayRule(
        weekly=False,
        fixed=frozenset(_numbers(",".join(plain), DAYS)) if plain else frozenset(),
        last_day="L" in parts,
        last_working_day="LW" in parts,
        near=frozenset(_number(part[:-1], DAYS) for part in near),
    )


def _days_of_week(text: str) -> DayRule:
    parts = text.split(",")
    last = [part for part in parts if re.fullmatch(r"(\d|[A-Z]{3})L", part)]
    nth = [part for part in parts if "#" in part]
    if "L" in parts:
        _refuse("L alone is no day of the week: write SAT, or 7L for a month's last Saturday")
    plain = [part for part in parts if part not in {*last, *nth}]
    return DayRule(
        weekly=True,
        fixed=frozenset(_numbers(",".join(plain), WEEK)) if plain else frozenset(),
        last_of=frozenset(_number(part[:-1], WEEK) for part in last),
        nth=frozenset(_nth(part) for part in nth),
    )


def _nth(part: str) -> tuple[int, int]:
    day, _, week = part.partition("#")
    if not week.isdecimal() or not 1 <= int(week) <= MOST_WEEKS:
        _refuse(f"{part!r} names no week of a month: after # comes a number from 1 to {MOST_WEEKS}")
    return _number(day, WEEK), int(week)


def _numbers(text: str, field: Field) -> tuple[int, ...]:
    return tuple(sorted({number for part in text.split(",") for number in _part(part, field)}))


def _part(part: str, field: Field) -> range:
    span, slash, step = part.partition("/")
    if slash and (not step.isdecimal() or int(step) == 0):
        _refuse(f"{part!r} in {field.name}: after / comes a number from 1")
    if span == "*":
        first, last = field.first, field.last
    elif "-" in span:
        begin, _, end = span.partition("-")
        first, last = _number(begin, field), _number(end, field)
        if first > last:
            _refuse(f"{span!r} in {field.name} is turned round: write its values with commas")
    else:
        first = _number(span, field)
        last = field.last if slash else first
    return range(first, last + 1, int(step) if slash else 1)


def _number(text: str, field: Field) -> int:
    number = field.names.get(text, int(text) if re.fullmatch(r"\d{1,4}", text, re.ASCII) else -1)
    if not field.first <= number <= field.last:
        names = f" or {', '.join(field.names)}" if field.names else ""
        _refuse(f"{text!r} is not a {field.name}: {field.first} to {field.last}{names}")
    return number


def _refuse(reason: str) -> NoReturn:
    raise InvalidRequest(f"The cron expression cannot be used: {reason}.", field="schedule.expression")
