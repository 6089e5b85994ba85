"""How long a bucket is: any number of any calendar or clock unit."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from touchline.errors import InvalidInterval

Unit = Literal["minute", "hour", "day", "week", "month", "quarter", "year"]
UNITS: Final[tuple[Unit, ...]] = ("minute", "hour", "day", "week", "month", "quarter", "year")

MINUTES_OF: Final[dict[str, int]] = {"minute": 1, "hour": 60}
MONTHS_OF: Final[dict[str, int]] = {"month": 1, "quarter": 3, "year": 12}
DAYS_OF: Final[dict[str, int]] = {"day": 1, "week": 7}
DAY_MINUTES: Final = 1440
# About the mean length in minutes, to say which interval would fit.
ROUGHLY: Final[dict[Unit, int]] = {
    "minute": 1,
    "hour": 60,
    "day": DAY_MINUTES,
    "week": 7 * DAY_MINUTES,
    "month": 30 * DAY_MINUTES,
    "quarter": 91 * DAY_MINUTES,
    "year": 365 * DAY_MINUTES,
}
HIGHEST_COUNT: Final = 1_000  # beyond it date arithmetic leaves the calendar
TEXT: Final = re.compile(r"(?:(\d{1,5}) ?)?([a-z]+?)s?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Interval:
    """`count` units. Minutes and hours divide a day, so that each day begins with a bucket of its own."""

    unit: Unit
    count: int = 1

    @property
    def minutes(self) -> int | None:
        """The length on the clock, if shorter than a day."""
        return self.count * MINUTES_OF[self.unit] if self.unit in MINUTES_OF else None

    @property
    def days(self) -> int | None:
        return self.count * DAYS_OF[self.unit] if self.unit in DAYS_OF else None

    @property
    def months(self) -> int | None:
        return self.count * MONTHS_OF[self.unit] if self.unit in MONTHS_OF else None

    def describe(self) -> str:
        return self.unit if self.count == 1 else f"{self.count} {self.unit}s"

    def roughly_minutes(self) -> int:
        return self.count * ROUGHLY[self.unit]


# In rising order: what is suggested where an interval would give too many buckets.
SUGGESTED: Final = (
    *(Interval("minute", count) for count in (1, 5, 15, 30)),
    *(Interval("hour", count) for count in (1, 6, 12)),
    *(Interval(unit) for unit in UNITS[2:]),
)


def parse_interval(text: str) -> Interval:
    """`day`, `15 minutes`, `2 weeks`. Raises InvalidInterval."""
    match = TEXT.fullmatch(text.strip().lower())
    unit = next((unit for unit in UNITS if match and unit == match[2]), None)
    if match is None or unit is None:
        raise InvalidInterval(
            f"{text!r} is not an interval. Use one of {', '.join(UNITS)}, or several, as in '15 minutes'.",
            field="interval",
        )
    return _checked(Interval(unit, int(match[1] or 1)))


def _checked(interval: Interval) -> Interval:
    if not 1 <= interval.count <= HIGHEST_COUNT:
        raise InvalidInterval(f"An interval has 1 to {HIGHEST_COUNT:,} units.", field="interval")
    minutes = interval.minutes
    if minutes is not None and DAY_MINUTES % minutes:
        near = min((n for n in range(1, DAY_MINUTES + 1) if not DAY_MINUTES % n), key=lambda n: abs(n - minutes))
        text = f"{near // 60} hours" if near % 60 == 0 else f"{near} minutes"
        raise InvalidInterval(
            f"{interval.describe()} do not divide a day into equal parts. The nearest that do: {text}.",
            field="interval",
        )
    return interval
