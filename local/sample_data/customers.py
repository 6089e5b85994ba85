"""What happens beside journeys: customers who come back by themselves, and what the campaigns cost, day by day."""

from collections.abc import Iterator
from datetime import date
from random import Random

from local.sample_data.campaigns import CAMPAIGNS
from local.sample_data.people import PEOPLE, Event, Person, midnight, rfc3339

# Customers take turns: in each cycle of so many days one buys for a while, at a rate of its own, and then stops.
CYCLE_DAYS = 90
DIRECT = "direct"


def orders_of(seed: int, day: date, customers: int) -> Iterator[tuple[int, Event]]:
    """The day's orders of so many customers, each after a look at the prices; made from (seed, day, customer) alone."""
    for number in range(customers):
        person = Person((number * 7_919) % PEOPLE)  # a prime: customers are spread over all people
        cycle, place = divmod(day.toordinal() + number * 37, CYCLE_DAYS)
        habits = Random((seed << 40) + (cycle << 20) + number)
        rate, stays = habits.gammavariate(0.9, 0.09), habits.expovariate(1 / 40)
        chance = Random((seed << 52) + (day.toordinal() << 28) + (1 << 27) + number)
        if place < stays and chance.random() < rate:
            yield from _order(person, chance, day)


def spend_of(day: date) -> Iterator[tuple[int, Event]]:
    """One event for each campaign, in the morning after."""
    at = midnight(day) + 6 * 3_600_000
    for number, campaign in enumerate(CAMPAIGNS):
        amount = campaign.spend * (0.8 + (day.toordinal() * 7 + number * 3) % 10 / 25)
        yield (
            at,
            {
                "id": f"spend-{day:%y%m%d}-{campaign.name}",
                "timestamp": rfc3339(at),
                "actor": {"id": "advertising-accounts", "type": "system"},
                "action": "spend_recorded",
                "context": {"campaign": campaign.name, "journey": campaign.journey, "channel": campaign.channel},
                "value": {"amount": f"{amount:.2f}", "currency": "EUR"},
            },
        )


def _order(person: Person, chance: Random, day: date) -> Iterator[tuple[int, Event]]:
    at = midnight(day) + int((7 + chance.random() * 14) * 3_600_000)
    id = f"{day:%y%m%d}-r{person.number}"
    context = {"channel": DIRECT, "segment": person.segment}
    page = {"type": "page", "id": "/pricing"}
    for number, (after, action) in enumerate(((0, "page_viewed"), (420_000, "order_completed"))):
        event: Event = {
            "id": f"{id}-{number}",
            "timestamp": rfc3339(at + after),
            "actor": person.actor,
            "action": action,
            "context": context,
            "object": {"type": "order", "id": f"o-{id}"} if number else page,
            "properties": person.traits,
        }
        yield at + after, event | ({"value": person.order(chance)} if number else {})
