"""Which days of a month a cron expression means: by number, by day of the week, or counted from an end of the month."""

import calendar
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class DayRule:
    """Which days of a month. `fixed`: their numbers, or numbers of days of the week where `weekly`."""

    weekly: bool
    fixed: frozenset[int]
    last_day: bool = False  # L
    last_working_day: bool = False  # LW
    near: frozenset[int] = frozenset()  # 15W
    last_of: frozenset[int] = frozenset()  # 6L: the month's last Friday
    nth: frozenset[tuple[int, int]] = frozenset()  # 2#1: its first Monday

    def days(self, year: int, month: int) -> list[int]:
        length = calendar.monthrange(year, month)[1]
        return [day for day in range(1, length + 1) if self._takes(date(year, month, day), length)]

    def _takes(self, day: date, length: int) -> bool:
        if self.weekly:
            number = day.isoweekday() % 7 + 1
            is_last = day.day + 7 > length
            return (
                number in self.fixed or (is_last and number in self.last_of) or (number, (day.day + 6) // 7) in self.nth
            )
        return (
            day.day in self.fixed
            or (self.last_day and day.day == length)
            or (self.last_working_day and day.day == _working_day_near(day, length, length))
            or any(day.day == _working_day_near(day, near, length) for near in self.near)
        )


def _working_day_near(day: date, wanted: int, length: int) -> int:
    """The day from Monday to Friday that is nearest to the day `wanted` of the same month."""
    weekday = day.replace(day=wanted).isoweekday()
    if weekday == 6:
        return wanted - 1 if wanted > 1 else 3
    if weekday == 7:
        return wanted + 1 if wanted < length else wanted - 2
    return wanted
