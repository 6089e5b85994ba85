"""The stretch of time that a question is about: half-open, resolved in a time zone, with its edges in words."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from touchline.domain.queries.clock import first_instant, instant, rfc3339
from touchline.errors import InvalidRange

DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# Outside of it date arithmetic and index names end; no event is that far away.
EARLIEST: Final = datetime(1970, 1, 3, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TimeRange:
    """[start, end) in epoch ms; start < end."""

    start: int
    end: int

    def describe(self, zone: ZoneInfo) -> dict[str, str]:
        return {"from": rfc3339(self.start, zone), "to": rfc3339(self.end, zone)}


def resolve_range(start: str, end: str, zone: ZoneInfo, where: str = "") -> TimeRange:
    """Dates are midnights in the zone; instants carry their own offset, or are wall times of the zone.

    `where` is the place of both in the request, with a dot at its end.
    """
    found = TimeRange(read_moment(start, zone, f"{where}from"), read_moment(end, zone, f"{where}to"))
    if found.start >= found.end:
        raise InvalidRange(
            "'from' must come before 'to'. The day of 'to' is not part of the range.", field=f"{where}to"
        )
    return found


def read_moment(text: str, zone: ZoneInfo, field: str) -> int:
    try:
        moment = datetime.combine(date.fromisoformat(text), time.min) if DATE.fullmatch(text) else _instant(text)
    except ValueError as error:
        raise InvalidRange(
            f"{field!r} is {text[:64]!r}; use a date as 2026-11-22, or a time as 2026-11-22T09:30:00+01:00.",
            field=field,
        ) from error
    if not EARLIEST.year <= moment.year < LATEST.year:
        raise InvalidRange(f"{field!r} must lie between {EARLIEST.year} and {LATEST.year}.", field=field)
    at = first_instant(moment, zone) if moment.tzinfo is None else instant(moment)
    return max(at, instant(EARLIEST))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
