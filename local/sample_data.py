"""Thirty days of a marketing team's events: the same for the same seed and day, however often they are made.

A journey begins on a day and may go on for days; each is made from (seed, day, number) alone. So a later run makes the
same events again with the same ids, and more of them only where more are asked for or time has gone on.
"""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate
from random import Random
from typing import Any

import orjson

type Event = dict[str, Any]

SEED = 20_261
DAYS = 30
DAY = 86_400_000
LONGEST_JOURNEY_DAYS = 6
EVENTS_PER_JOURNEY = 2.6  # measured by the tests, on the low side: `events` is a promise of at least
PEOPLE = 30_000
LATE_SHARE = 0.01
DUPLICATE_SHARE = 0.01
BAD_EVERY = 10_000  # one in so many events is one that the API must refuse

WEEKDAY_WEIGHT = (1.15, 1.25, 1.2, 1.15, 1.0, 0.65, 0.6)
HOUR_WEIGHT = (1, 1, 1, 1, 1, 2, 4, 7, 10, 11, 10, 9, 8, 9, 10, 9, 8, 7, 6, 6, 5, 4, 3, 2)
HOURS, UP_TO_HOUR = range(24), list(accumulate(HOUR_WEIGHT))
SEGMENTS = ("enterprise", "mid-market", "small-business", "self-serve")
PLANS = ("free", "starter", "pro", "scale")
COUNTRIES = ("DE", "FR", "GB", "US", "NL", "PL")
PAGES = ("/pricing", "/features", "/customers", "/docs", "/signup")
PRICES = {"EUR": ("19.00", "49.90", "149.00", "990.00"), "USD": ("21.00", "55.00", "165.00", "1090.00")}


@dataclass(frozen=True, slots=True)
class Campaign:
    name: str
    journey: str
    channel: str
    share: float
    conversion: float  # of page visitors who start a trial


@dataclass(frozen=True, slots=True)
class Message:
    """One of two e-mails of a campaign; B's subject line works better."""

    variant: str
    opened: float
    clicked: float  # of those who opened


CAMPAIGNS = (
    Campaign("autumn-launch", "launch", "email", 0.34, 0.10),
    Campaign("onboarding", "first-30-days", "email", 0.24, 0.14),
    Campaign("win-back", "lapsed-customers", "email", 0.14, 0.06),
    Campaign("brand-search", "evaluation", "paid-search", 0.12, 0.12),
    Campaign("product-stories", "awareness", "social", 0.09, 0.05),
    Campaign("partner-webinar", "evaluation", "webinar", 0.07, 0.16),
)
UP_TO = list(accumulate(campaign.share for campaign in CAMPAIGNS))
MESSAGES = (Message("A", 0.24, 0.20), Message("B", 0.31, 0.27))
BOUNCED, UNSUBSCRIBED, TRIAL_TO_ORDER = 0.021, 0.006, 0.35


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
        first, since, until = self.since.date(), _milliseconds(self.since), _milliseconds(self.now)
        days: defaultdict[int, list[tuple[int, Event]]] = defaultdict(list)
        for offset in range(-LONGEST_JOURNEY_DAYS, DAYS + 1):
            start = first + timedelta(days=offset)
            for number in range(round(journeys * WEEKDAY_WEIGHT[start.weekday()])):
                for at, event in _journey(self.seed, start, number):
                    if since <= at <= until:
                        days[at // DAY].append((at, event))
            today = days.pop(_midnight(start) // DAY, [])
            today.sort(key=lambda each: each[0])
            yield [event for _, event in today]


def _journey(seed: int, start: date, number: int) -> Iterator[tuple[int, Event]]:
    chance = Random((seed << 52) + (start.toordinal() << 28) + number)
    campaign = chance.choices(CAMPAIGNS, cum_weights=UP_TO)[0]
    maker = _Maker(chance, campaign, f"{start:%y%m%d}-{number}", _begin(chance, start))
    if campaign.channel == "email":
        yield from _email(maker)
    else:
        yield from _visit(maker)


class _Maker:
    """One person's way through one campaign, event by event."""

    def __init__(self, chance: Random, campaign: Campaign, id: str, at: int) -> None:
        self.chance, self.campaign, self.id, self.at = chance, campaign, id, at
        self.events = 0
        person = int(chance.random() ** 1.5 * PEOPLE)  # some people are met often, many once
        self.segment = SEGMENTS[person % 7 % 4]
        self.currency = "USD" if person % 5 > 2 else "EUR"
        self.traits = {"plan": PLANS[person % 11 % 4], "country": COUNTRIES[person % 6]}
        self.actor = {"id": f"c-{person:05}", "type": "contact", "email": f"person{person}@example.org"}
        self.message = MESSAGES[chance.random() < 0.5] if campaign.channel == "email" else None

    def make(self, action: str, after_seconds: float, **more: Any) -> tuple[int, Event]:
        self.at += round(after_seconds * 1000)
        self.events += 1
        event: Event = {
            "id": f"{self.id}-{self.events}",
            "timestamp": _rfc3339(self.at),
            "actor": self.actor,
            "action": action,
            "context": self._context(),
            "properties": {**self.traits, **more.pop("properties", {})},
            **more,
        }
        return self.at, event

    def _context(self) -> dict[str, str]:
        campaign = self.campaign
        context = {"campaign": campaign.name, "journey": campaign.journey, "channel": campaign.channel}
        if self.message:
            context |= {"message": f"{campaign.name}-{self.message.variant}", "variant": self.message.variant}
        return {**context, "segment": self.segment}


def _email(maker: _Maker) -> Iterator[tuple[int, Event]]:
    chance, message = maker.chance, maker.message
    assert message is not None
    name = f"{maker.campaign.name}-{message.variant}"
    email = {"type": "email", "id": name, "name": f"{maker.campaign.name.replace('-', ' ').title()} {message.variant}"}
    yield maker.make("email_sent", 0, object=email)
    if chance.random() < BOUNCED:
        yield maker.make(
            "email_bounced", 2 + chance.random() * 60, object=email, properties={"hard": chance.random() < 0.6}
        )
        return
    yield maker.make("email_delivered", 1 + chance.random() * 20, object=email)
    if chance.random() < UNSUBSCRIBED:
        yield maker.make("unsubscribed", chance.expovariate(1 / 7200), object=email)
        return
    if chance.random() < message.opened:
        yield maker.make("email_opened", min(chance.expovariate(1 / 14_000), 100_000), object=email)
        if chance.random() < message.clicked:
            yield maker.make("link_clicked", chance.expovariate(1 / 40), object=email, resource=_page(chance))
            yield from _visit(maker)


def _visit(maker: _Maker) -> Iterator[tuple[int, Event]]:
    chance = maker.chance
    for _ in range(chance.randint(1, 5)):
        page = _page(chance)
        seconds = round(chance.expovariate(1 / 35), 1)
        yield maker.make("page_viewed", 3 + seconds, object=page, resource=page, properties={"seconds": seconds})
    if chance.random() < maker.campaign.conversion:
        trial = {"type": "trial", "id": f"t-{maker.id}", "name": "Touchline trial"}
        yield maker.make("trial_started", 30 + chance.random() * 600, object=trial)
        if chance.random() < TRIAL_TO_ORDER:
            yield _order(maker)


def _order(maker: _Maker) -> tuple[int, Event]:
    chance, currency = maker.chance, maker.currency
    amount = PRICES[currency][min(int(chance.expovariate(1.1)), 3)]
    order = {"type": "order", "id": f"o-{maker.id}"}
    seats = {"seats": 1 + int(chance.expovariate(0.3)), "annual": chance.random() < 0.3}
    after = 3600 + min(chance.expovariate(1 / 90_000), 250_000)
    return maker.make(
        "order_completed", after, object=order, value={"amount": amount, "currency": currency}, properties=seats
    )


def _page(chance: Random) -> dict[str, str]:
    return {"type": "page", "id": PAGES[min(int(chance.expovariate(0.7)), 4)]}


def _begin(chance: Random, start: date) -> int:
    hour = chance.choices(HOURS, cum_weights=UP_TO_HOUR)[0]
    return _midnight(start) + hour * 3_600_000 + int(chance.random() * 3_600_000)


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


@cache
def _midnight(day: date) -> int:
    return _milliseconds(datetime.combine(day, datetime.min.time(), UTC))


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _rfc3339(milliseconds: int) -> str:
    hour, rest = divmod(milliseconds, 3_600_000)
    minute, rest = divmod(rest, 60_000)
    return f"{_hour(hour)}:{minute:02}:{rest / 1000:06.3f}Z"


@cache
def _hour(hours: int) -> str:
    """A datetime for each of hundreds of thousands of events would cost more than the events."""
    return f"{datetime.fromtimestamp(hours * 3600, UTC):%Y-%m-%dT%H}"
