"""Wall clocks and instants: the one place that knows what a change of the clock does to a boundary.

An instant is an integer, epoch milliseconds. A wall time is a naive `datetime`.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from touchline.errors import UnknownTimeZone

SECOND = 1000
DAY = 86_400 * SECOND
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@cache
def zone_named(name: str) -> ZoneInfo:
    """Raises UnknownTimeZone, which names what is close."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # a path, a folder or NUL in the name
        close = get_close_matches(name, available_timezones(), 3, 0.5)
        hint = f" Did you mean {', '.join(close)}?" if close else " Use a name such as Europe/Berlin or UTC."
        raise UnknownTimeZone(f"{name!r} is not an IANA time zone.{hint}", field="time_zone") from error


def instant(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)


def wall_time(at: int, zone: ZoneInfo) -> datetime:
    """What a clock in the zone shows."""
    return (EPOCH + timedelta(milliseconds=at)).astimezone(zone).replace(tzinfo=None, fold=0)


def edge_wall_time(at: int, zone: ZoneInfo) -> datetime:
    """As `wall_time`, but midnight for the first instant of a day whose midnight is skipped."""
    wall = wall_time(at, zone)
    midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight if first_instant(midnight, zone) == at else wall


def rfc3339(at: int, zone: ZoneInfo) -> str:
    moment = (EPOCH + timedelta(milliseconds=at)).astimezone(zone)
    return moment.isoformat(timespec="milliseconds" if at % SECOND else "seconds")


def offset(at: int, zone: ZoneInfo) -> int:
    """The zone's distance from UTC at an instant, in ms."""
    shift = (EPOCH + timedelta(milliseconds=at)).astimezone(zone).utcoffset() or timedelta(0)
    return shift // timedelta(milliseconds=1)


def first_instant(wall: datetime, zone: ZoneInfo) -> int:
    """The first instant at which a clock in the zone shows `wall` or, where it is skipped, more than that."""
    before = instant(wall.replace(tzinfo=zone, fold=0))
    after = instant(wall.replace(tzinfo=zone, fold=1))
    # A skipped wall time reads differently on both sides of the gap, and then the change itself is the boundary.
    return before if before <= after else _change(after - 1, before, zone)


def changes(start: int, end: int, zone: ZoneInfo) -> Iterator[int]:
    """Instants in [start, end) at which the zone's clock is set forward or back."""
    # Two changes that cancel each other within a day have never been seen in a zone.
    for day in range(start, end, DAY):
        last = min(day + DAY, end)
        if offset(day, zone) != offset(last, zone):
            change = _change(day, last, zone)
            if change < end:
                yield change


def _change(low: int, high: int, zone: ZoneInfo) -> int:
    """The first whole second in (low, high] with another offset than `low`."""
    old = offset(low, zone)
    low_second, high_second = low // SECOND, -(-high // SECOND)
    while high_second - low_second > 1:
        middle = (low_second + high_second) // 2
        if offset(middle * SECOND, zone) == old:
            low_second = middle
        else:
            high_second = middle
    return high_second * SECOND


def first_kept(now: int, days: int) -> int:
    """Where the oldest UTC day begins of those that are kept, today included."""
    return (now // DAY - days + 1) * DAY
