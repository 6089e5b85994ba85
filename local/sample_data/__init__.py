"""Thirty days of a marketing team's events: the same for the same seed and day, however often they are made.

A journey begins on a day and may go on for days; each is made from (seed, day, number) alone. So a later run makes the
same events again with the same ids, and more of them only where more are asked for or time has gone on.
"""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from random import Random

import orjson

from local.sample_data.customers import orders_of, spend_of
from local.sample_data.journeys import journey
from local.sample_data.people import Event, midnight, milliseconds

SEED = 20_261
DAYS = 30
DAY = 86_400_000
LONGEST_JOURNEY_DAYS = 6
EVENTS_PER_JOURNEY = 2.6  # measured by the tests, on the low side: `events` is a promise of at least
EVENTS_PER_CUSTOMER = 100
LATE_SHARE = 0.01
DUPLICATE_SHARE = 0.01
BAD_EVERY = 10_000  # one in so many events is one that the API must refuse
WEEKDAY_WEIGHT = (1.15, 1.25, 1.2, 1.15, 1.0, 0.65, 0.6)


@dataclass(frozen=True, slots=True)
class Totals:
    """What the stream will have held: for the books that must balance at the end."""

    sent: int
    distinct: int
    bad: int


@dataclass(slots=True)
class SampleData:
    """Iterate for the events as lines of JSON in the order of sending; then `totals` tells what they were."""

    events: int
    now: datetime
    seed: int = SEED
    totals: Totals | None = None

    @property
    def since(self) -> datetime:
        return datetime.combine(self.now.date() - timedelta(days=DAYS), datetime.min.time(), UTC)

    def __iter__(self) -> Iterator[bytes]:
        chance = Random(self.seed)
        sent = distinct = bad = 0
        held_back: list[bytes] = []  # what comes late or once more goes out with the next day
        for day in self._by_day():
            waiting, held_back = held_back, []
            for event in day:
                line = orjson.dumps(event)
                distinct += 1
                lot = chance.random()
                if lot < LATE_SHARE + DUPLICATE_SHARE:
                    held_back.append(line)
                if lot >= LATE_SHARE:
                    sent += 1
                    yield line
                if distinct % BAD_EVERY == 0:
                    bad += 1
                    yield orjson.dumps(_spoil(event, bad))
            sent += len(waiting)
            yield from waiting
        yield from held_back
        self.totals = Totals(sent + len(held_back) + bad, distinct, bad)

    def _by_day(self) -> Iterator[list[Event]]:
        """Each day's events by time. A day is complete once all journeys that began on it or before are made."""
        journeys = math.ceil(self.events / DAYS / EVENTS_PER_JOURNEY)
        first, since, until = self.since.date(), milliseconds(self.since), milliseconds(self.now)
        days: defaultdict[int, list[tuple[int, Event]]] = defaultdict(list)
        for offset in range(-LONGEST_JOURNEY_DAYS, DAYS + 1):
            start = first + timedelta(days=offset)
            for number in range(round(journeys * WEEKDAY_WEIGHT[start.weekday()])):
                _file(days, journey(self.seed, start, number), since, until)
            beside = chain(orders_of(self.seed, start, self.events // EVENTS_PER_CUSTOMER), spend_of(start))
            _file(days, beside, since, until)
            today = days.pop(midnight(start) // DAY, [])
            today.sort(key=lambda each: each[0])
            yield [event for _, event in today]


def _file(
    days: dict[int, list[tuple[int, Event]]], events: Iterator[tuple[int, Event]], since: int, until: int
) -> None:
    for at, event in events:
        if since <= at <= until:
            days[at // DAY].append((at, event))


def _spoil(event: Event, number: int) -> Event:
    """What clients really get wrong; each has an id of its own, so that the good event is not touched."""
    id = f"bad-{event['id']}"
    wrong: tuple[Event, ...] = (
        {"actor": {"id": "null"}},
        {"timestamp": "last tuesday"},
        {"action": ""},
        {"value": {"amount": "a lot", "currency": "EUR"}},
        {"campain": "autumn-launch"},
        {"timestamp": "2019-01-01T00:00:00Z"},
    )
    return {**event, "id": id, **wrong[number % len(wrong)]}
