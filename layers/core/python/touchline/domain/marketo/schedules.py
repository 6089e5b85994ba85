"""When a service runs by itself: what its expression means, and the times that follow from it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from touchline.domain.marketo.cron import Cron, parse_cron
from touchline.domain.marketo.services import Schedule
from touchline.domain.queries.clock import instant, wall_time, zone_named
from touchline.errors import InvalidRequest, UnknownTimeZone

MINUTES: Final = {"minute": 1, "hour": 60, "day": 1440}
MINUTE_MS: Final = 60_000
MOST_MINUTES: Final = 366 * 1440
FREQUENT_MINUTES: Final = 30
FIELD: Final = "schedule.expression"


@dataclass(frozen=True, slots=True)
class Rate:
    minutes: int

    def least_minutes_between(self) -> int:
        return self.minutes


def parse_schedule(expression: str) -> Rate | Cron:
    """Raises InvalidRequest."""
    found = re.fullmatch(r"(cron|rate)\((.*)\)", expression.strip(), re.IGNORECASE | re.ASCII)
    if found is None:
        examples = "cron(0 6 ? * MON-FRI *) or rate(12 hours)"
        raise InvalidRequest(f"A schedule is written as {examples}.", field=FIELD)
    return parse_cron(found[2]) if found[1].lower() == "cron" else _rate(found[2])


def check_schedule(schedule: Schedule, now: int, *, least_minutes: int) -> None:
    """Raises InvalidRequest, also where no time follows from it, or too many do."""
    try:
        zone_named(schedule.time_zone)
    except UnknownTimeZone as error:
        raise UnknownTimeZone(str(error), field="schedule.time_zone") from error
    parsed = parse_schedule(schedule.expression)
    if parsed.least_minutes_between() < least_minutes:
        raise InvalidRequest(
            f"The schedule runs more often than every {least_minutes} minutes, and a run takes its time in Marketo.",
            field=FIELD,
        )
    if not next_runs(schedule, now, 1):
        raise InvalidRequest(
            "The schedule never runs: no day and hour to come fit it. Look at its day, its month and its year.",
            field=FIELD,
        )


def next_runs(schedule: Schedule, now: int, count: int) -> list[int]:
    """The first `count` times after `now` (epoch ms).

    A time that the clock skips when it is set forward is skipped, and one that it shows twice is taken once.
    """
    parsed = parse_schedule(schedule.expression)
    if isinstance(parsed, Rate):
        every = parsed.minutes * MINUTE_MS
        passed = max(0, now - schedule.since) // every
        return [schedule.since + every * (passed + number) for number in range(1, count + 1)]
    return list(islice(_instants(parsed, zone_named(schedule.time_zone), now), count))


def is_frequent(schedule: Schedule) -> bool:
    """Whether it runs so often that minutes of delay would show."""
    return parse_schedule(schedule.expression).least_minutes_between() < FREQUENT_MINUTES


def starts_at(schedule: Schedule) -> datetime | None:
    """When a rate runs first; what follows counts from there. None for cron, which needs no beginning."""
    parsed = parse_schedule(schedule.expression)
    if not isinstance(parsed, Rate):
        return None
    return datetime.fromtimestamp(schedule.since // 1_000, UTC) + timedelta(minutes=parsed.minutes)


def _instants(cron: Cron, zone: ZoneInfo, now: int) -> Iterator[int]:
    for wall in cron.wall_times(wall_time(now, zone)):
        at = instant(wall.replace(tzinfo=zone))
        if at > now and wall_time(at, zone) == wall:
            yield at


def _rate(text: str) -> Rate:
    found = re.fullmatch(r"(\d{1,6})\s+(minute|hour|day)(s?)", text.strip(), re.IGNORECASE | re.ASCII)
    if found is None or int(found[1]) == 0:
        raise InvalidRequest("A rate is a number and minutes, hours or days, as rate(12 hours).", field=FIELD)
    number, unit = int(found[1]), found[2].lower()
    if (number == 1) == bool(found[3]):
        raise InvalidRequest(f"Write rate({number} {unit}{'' if number == 1 else 's'}).", field=FIELD)
    minutes = number * MINUTES[unit]
    if minutes > MOST_MINUTES:
        raise InvalidRequest("A rate is at most a year.", field=FIELD)
    return Rate(minutes)
