"""Conversions and memberships made from random events by the domain itself: what reports are asked about in tests."""

import random
from collections.abc import Iterable
from typing import Any

from touchline.domain.conversions import (
    Matcher,
    PersonEvent,
    conversion_document,
    conversions_of,
    in_order,
    touches_of,
)
from touchline.domain.event_documents import DocumentIds, sequence_of
from touchline.domain.goals import Goal
from touchline.domain.memberships import first_entries, membership_documents
from touchline.domain.queries.filters import make_filter

type Document = dict[str, Any]

START = 1_792_800_000_000  # 2026-10-24, the day before Berlin's clocks go back
DAYS = 14  # into the next month
DAY = 86_400_000
ACTIONS = ["email_sent", "email_sent", "email_opened", "link_clicked", "page_viewed", "ad_clicked", "payment", "signup"]


def goal_of(goal_id: str = "purchase", **more: Any) -> Goal:
    payment = (make_filter("action", "eq", "payment", "criteria"),)
    return Goal(goal_id, 1, goal_id.title(), (payment,), value="event", **more)


GOALS = [
    goal_of(lookback_ms=6 * DAY),
    goal_of("first_purchase", counted="once", lookback_ms=4 * DAY, conversion_window_ms=3 * DAY),
    Goal("signup", 1, "Signup", ((make_filter("action", "eq", "signup", "criteria"),),)),
]


def make_events(people: int, seed: int = 5, tenant: str = "acme") -> list[Document]:
    """As indexed, with their `_id`. Equal moments, absent fields and properties with several values included."""
    chance = random.Random(seed)
    ids = DocumentIds(tenant)
    events = []
    for person in range(people):
        for n in range(chance.randrange(18)):
            number = person * 100 + n
            name = f"e{number}"
            events.append({"_id": ids.of(name.encode()), **_event(tenant, name, person, number, chance)})
    return events


def _event(tenant: str, name: str, person: int, number: int, chance: random.Random) -> Document:
    at = START + chance.randrange(DAYS * DAY)
    at -= at % DAY if chance.random() < 0.05 else 0
    event: Document = {
        "@timestamp": at,
        "sequence": sequence_of(at + 1, number),
        "tenant": tenant,
        "id": name,
        "action": chance.choice(ACTIONS),
        "actor": {"id": f"p{person}", "type": chance.choice(["lead", "contact"])},
        "properties": [f"tag={tag}" for tag in chance.sample("abc", chance.randrange(3))],
    }
    if chance.random() < 0.9:
        event["context"] = {"channel": chance.choice(["email", "ads", "social", "direct"])}
        if chance.random() < 0.8:
            event["context"]["campaign"] = f"c{min(int(chance.expovariate(0.5)), 7)}"
    event["properties"] += [f"score:={chance.choice([1, 1.5, 7])}"] if chance.random() < 0.4 else []
    event["properties"] += [f"vip:={chance.choice(['true', 'false'])}"] if chance.random() < 0.3 else []
    if event["action"] == "payment" and chance.random() < 0.8:
        event["value"] = {"amount_e4": chance.randrange(-5_000, 900_000), "currency": chance.choice(["EUR", "JPY"])}
    return event


def attributed(events: Iterable[Document], goals: Iterable[Goal] = GOALS) -> list[Document]:
    """Conversions and memberships with their `_id` and `_index`."""
    own: dict[str, list[Document]] = {}
    for event in events:
        own.setdefault(event["actor"]["id"], []).append(event)
    matcher = Matcher(goals)
    return [document for person, some in own.items() for document in _of_person(person, some, matcher)]


def _of_person(person: str, documents: list[Document], matcher: Matcher) -> list[Document]:
    tenant = documents[0]["tenant"]
    bare = [{name: part for name, part in one.items() if name != "_id"} for one in documents]
    events = in_order(PersonEvent.of(one["_id"], two) for one, two in zip(documents, bare, strict=True))
    conversions = conversions_of(matcher, events)
    placed = [conversion_document(tenant, person, one, touches_of(one, events), 1) for one in conversions]
    placed += membership_documents(tenant, person, first_entries(events), conversions, 1)
    return [{**one.document, "_id": one.id, "_index": one.index} for one in placed]
