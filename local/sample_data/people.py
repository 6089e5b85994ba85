"""A person of the sample, the same in every journey: traits, currency, and the shape of an event."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from random import Random
from typing import Any

from local.sample_data.campaigns import COUNTRIES, PLANS, PRICES, SEGMENTS

type Event = dict[str, Any]

PEOPLE = 30_000
# Of ten people so many pay the smallest price, the next, and so on.
UP_TO_PRICE = (0, 0, 0, 0, 0, 1, 1, 1, 2, 3)


@dataclass(frozen=True, slots=True)
class Person:
    number: int

    @property
    def actor(self) -> dict[str, str]:
        return {"id": f"c-{self.number:05}", "type": "contact", "email": f"person{self.number}@example.org"}

    @property
    def segment(self) -> str:
        return SEGMENTS[self.number % 7 % 4]

    @property
    def currency(self) -> str:
        return "USD" if self.number % 5 > 2 else "EUR"

    @property
    def traits(self) -> dict[str, str]:
        return {"plan": PLANS[self.number % 11 % 4], "country": COUNTRIES[self.number % 6]}

    def order(self, chance: Random) -> dict[str, str]:
        """An order's value: people have a price that they are used to, and buy one or several at it."""
        prices = PRICES[self.currency]
        usual = UP_TO_PRICE[self.number * 31 % len(UP_TO_PRICE)]
        price = Decimal(prices[usual if chance.random() < 0.8 else chance.randrange(len(prices))])
        return {"amount": str(price * (1 + int(chance.expovariate(1.4)))), "currency": self.currency}


@cache
def midnight(day: date) -> int:
    return milliseconds(datetime.combine(day, datetime.min.time(), UTC))


def milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def rfc3339(at: int) -> str:
    hour, rest = divmod(at, 3_600_000)
    minute, rest = divmod(rest, 60_000)
    return f"{_hour(hour)}:{minute:02}:{rest / 1000:06.3f}Z"


@cache
def _hour(hours: int) -> str:
    """A datetime for each of hundreds of thousands of events would cost more than the events."""
    return f"{datetime.fromtimestamp(hours * 3600, UTC):%Y-%m-%dT%H}"
