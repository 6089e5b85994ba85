"""One person's way through one campaign, event by event."""

from collections.abc import Iterator
from datetime import date
from itertools import accumulate
from random import Random
from typing import Any

from local.sample_data.campaigns import (
    BOUNCED,
    CAMPAIGNS,
    MESSAGES,
    OPENED_BY_MACHINE,
    PAGES,
    PROXY,
    TRIAL_TO_ORDER,
    UNSUBSCRIBED,
    UP_TO,
    Campaign,
)
from local.sample_data.people import PEOPLE, Event, Person, midnight, rfc3339

HOUR_WEIGHT = (1, 1, 1, 1, 1, 2, 4, 7, 10, 11, 10, 9, 8, 9, 10, 9, 8, 7, 6, 6, 5, 4, 3, 2)
HOURS, UP_TO_HOUR = range(24), list(accumulate(HOUR_WEIGHT))


def journey(seed: int, start: date, number: int) -> Iterator[tuple[int, Event]]:
    """Begins on the day `start`; made from (seed, day, number) alone."""
    chance = Random((seed << 52) + (start.toordinal() << 28) + number)
    campaign = chance.choices(CAMPAIGNS, cum_weights=UP_TO)[0]
    made = _Journey(chance, campaign, f"{start:%y%m%d}-{number}", _begin(chance, start))
    return _email(made) if campaign.channel == "email" else _visit(made, anonymous=True)


class _Journey:
    def __init__(self, chance: Random, campaign: Campaign, id: str, at: int) -> None:
        self.chance, self.campaign, self.id, self.at = chance, campaign, id, at
        self.events = 0
        self.person = Person(int(chance.random() ** 1.5 * PEOPLE))  # some people are met often, many once
        self.visitor = {"id": f"visitor-{id}", "type": "visitor"}
        self.message = MESSAGES[chance.random() < 0.5] if campaign.channel == "email" else None

    def make(
        self, action: str, after_seconds: float, *, actor: dict[str, str] | None = None, **more: Any
    ) -> tuple[int, Event]:
        self.at += round(after_seconds * 1000)
        self.events += 1
        event: Event = {
            "id": f"{self.id}-{self.events}",
            "timestamp": rfc3339(self.at),
            "actor": actor or self.person.actor,
            "action": action,
            "context": self._context(),
            "properties": {**self.person.traits, **more.pop("properties", {})},
            **more,
        }
        return self.at, event

    def _context(self) -> dict[str, str]:
        campaign = self.campaign
        context = {"campaign": campaign.name, "journey": campaign.journey, "channel": campaign.channel}
        if self.message:
            context |= {"message": f"{campaign.name}-{self.message.variant}", "variant": self.message.variant}
        return {**context, "segment": self.person.segment}


def _email(made: _Journey) -> Iterator[tuple[int, Event]]:
    chance, message = made.chance, made.message
    assert message is not None
    name = f"{made.campaign.name}-{message.variant}"
    email = {"type": "email", "id": name, "name": f"{made.campaign.name.replace('-', ' ').title()} {message.variant}"}
    yield made.make("email_sent", 0, object=email)
    if chance.random() < BOUNCED:
        hard = {"hard": chance.random() < 0.6}
        yield made.make("email_bounced", 2 + chance.random() * 60, object=email, properties=hard)
        return
    yield made.make("email_delivered", 1 + chance.random() * 20, object=email)
    if chance.random() < OPENED_BY_MACHINE:
        yield made.make("email_opened", 0.2 + chance.random(), object=email, properties={"user_agent": PROXY})
    if chance.random() < UNSUBSCRIBED:
        yield made.make("unsubscribed", chance.expovariate(1 / 7200), object=email)
        return
    if chance.random() < message.opened:
        yield made.make("email_opened", 5 + min(chance.expovariate(1 / 14_000), 100_000), object=email)
        if chance.random() < message.clicked:
            yield made.make("link_clicked", chance.expovariate(1 / 40), object=email, resource=_page(chance))
            yield from _visit(made, anonymous=False)


def _visit(made: _Journey, *, anonymous: bool) -> Iterator[tuple[int, Event]]:
    """Who comes from an advertisement is a visitor, until a trial tells who it was."""
    chance = made.chance
    looking = made.visitor if anonymous else None
    for _ in range(chance.randint(1, 5)):
        page = _page(chance)
        seconds = round(chance.expovariate(1 / 35), 1)
        properties = {"seconds": seconds}
        yield made.make("page_viewed", 3 + seconds, actor=looking, object=page, resource=page, properties=properties)
    if chance.random() < made.campaign.conversion:
        trial = {"type": "trial", "id": f"t-{made.id}", "name": "Touchline trial"}
        known = made.person.actor | ({"anonymous_id": made.visitor["id"]} if anonymous else {})
        yield made.make("trial_started", 30 + chance.random() * 600, actor=known, object=trial)
        if chance.random() < TRIAL_TO_ORDER:
            yield _order(made)


def _order(made: _Journey) -> tuple[int, Event]:
    chance = made.chance
    value = made.person.order(chance)
    order = {"type": "order", "id": f"o-{made.id}"}
    seats = {"seats": 1 + int(chance.expovariate(0.3)), "annual": chance.random() < 0.3}
    after = 3600 + min(chance.expovariate(1 / 90_000), 250_000)
    return made.make("order_completed", after, object=order, value=value, properties=seats)


def _page(chance: Random) -> dict[str, str]:
    return {"type": "page", "id": PAGES[min(int(chance.expovariate(0.7)), 4)]}


def _begin(chance: Random, start: date) -> int:
    hour = chance.choices(HOURS, cum_weights=UP_TO_HOUR)[0]
    return midnight(start) + hour * 3_600_000 + int(chance.random() * 3_600_000)
