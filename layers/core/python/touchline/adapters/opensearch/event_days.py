"""Which indices hold the events of a stretch of time."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

# Named one by one up to here, then by month, then all: a request line of more than 4 KB is refused by the node.
MOST_DAYS: Final = 62
MOST_MONTHS: Final = 48
EVERY_DAY: Final = "events-*"


def event_days(start: int, end: int) -> str:
    """For [start, end) in epoch ms. May name more days than asked for, never fewer: the query has its own range."""
    first, last = _day(start), _day(end - 1)
    days = (last - first).days + 1
    if days <= MOST_DAYS:
        return ",".join(f"events-{first + timedelta(days=n):%Y.%m.%d}" for n in range(days))
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    if len(months) > MOST_MONTHS:
        return EVERY_DAY
    return ",".join(f"events-{month // 12:04d}.{month % 12 + 1:02d}.*" for month in months)


def _day(at: int) -> date:
    return datetime.fromtimestamp(at // 1000, UTC).date()
