"""Segment's own library for Python, as its users have it, against the whole system."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from segment.analytics.client import Client

from tests.e2e.conftest import Customer

pytestmark = pytest.mark.system


class Library:
    """What a shop's server does with it; what it could not deliver is in `undelivered`."""

    def __init__(self, customer: Customer, key: str | None = None) -> None:
        self.undelivered: list[Any] = []
        self._client = Client(
            key or customer.keys["ingest"],
            host=customer.system.api_url + "/v1/segment",
            gzip=True,
            on_error=lambda error, _: self.undelivered.append(error),
        )
        self.track, self.identify, self.page = self._client.track, self._client.identify, self._client.page
        self.alias, self.group, self.screen = self._client.alias, self._client.group, self._client.screen

    def deliver(self) -> None:
        self._client.flush()
        self._client.join()
        assert self.undelivered == []


def person(customer: Customer, actor: str) -> dict[str, Any]:
    answer = customer.ask("admin", "GET", f"/v1/people/{quote(actor, safe='')}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_what_the_library_sends_is_counted_and_a_visitor_becomes_a_person(customer: Callable[..., Customer]) -> None:
    shop = customer()
    library = Library(shop)
    campaign = {"campaign": {"name": "spring", "medium": "email", "content": "welcome"}}
    library.page(anonymous_id="browser-1", name="Pricing", properties={"path": "/pricing"}, context=campaign)
    library.track(anonymous_id="browser-1", event="Product Viewed", properties={"products": [{"sku": "a"}]})
    library.track(anonymous_id="browser-2", event="Product Viewed")
    library.identify(user_id="ann", anonymous_id="browser-1", traits={"email": "ann@example.com", "plan": "pro"})
    library.track(user_id="ann", event="Order Completed", properties={"revenue": 19.99, "currency": "EUR"})
    library.track(user_id="ann", event="Email Opened", properties={"email_id": "m1", "campaign_name": "spring"})
    library.group(user_id="ann", group_id="acme", traits={"name": "Acme"})
    library.screen(user_id="ann", name="Home")
    library.deliver()
    shop.wait()

    assert shop.count() == 8
    assert shop.count(filters=[{"field": "action", "value": "product_viewed"}]) == 2
    assert shop.count(filters=[{"field": "context.campaign", "value": "spring"}]) == 2
    found = person(shop, "browser-1")
    assert (found["person"], found["actors"]) == ("ann", ["ann", "browser-1"])
    assert person(shop, "browser-2")["actors"] == ["browser-2"]

    (edge,) = found["identities"]
    assert (edge["kind"], edge["state"]) == ("identify", "active")
    undone = shop.ask("admin", "POST", f"/v1/identities/{edge['id']}/undo", json={})
    assert (undone.status_code, undone.json()["state"]) == (200, "undone")
    assert person(shop, "browser-1")["actors"] == ["browser-1"]
    shop.ask("admin", "POST", f"/v1/identities/{edge['id']}/redo", json={}).raise_for_status()
    assert person(shop, "browser-1")["person"] == "ann"


def test_an_alias_and_a_merge_by_hand(customer: Callable[..., Customer]) -> None:
    shop = customer()
    library = Library(shop)
    library.track(user_id="old id/1", event="Signed Up")
    library.alias(previous_id="old id/1", user_id="new")
    library.identify(user_id="other", anonymous_id="tablet")
    library.deliver()
    shop.wait()
    assert person(shop, "old id/1")["person"] == "new"
    merge = {"actor": "other", "known": "new"}
    refused = shop.ask("admin", "POST", "/v1/identities", json=merge)
    assert (refused.status_code, refused.json()["field"]) == (409, "merge_known")
    made = shop.ask("admin", "POST", "/v1/identities", json=merge | {"merge_known": True})
    assert made.status_code == 201, made.text
    assert person(shop, "tablet")["actors"] == ["new", "old id/1", "other", "tablet"]
    listed = shop.ask("admin", "GET", "/v1/identities", params={"state": "active", "limit": 1})
    assert listed.status_code == 200, listed.text
    assert len(listed.json()["identities"]) == 1
    assert listed.json()["next"]


def test_nothing_is_dropped_without_a_word(customer: Callable[..., Customer]) -> None:
    shop = customer()
    library = Library(shop)
    library.track(user_id="anonymous", event="Signed Up", message_id="bad-1")
    library.track(user_id="ann", event="Signed Up", message_id="good-1")
    library.deliver()
    shop.wait()
    assert shop.count() == 1
    (rejected,) = shop.ask("admin", "GET", "/v1/rejected-events").json()["rejected_events"]
    assert (rejected["event_id"], rejected["code"], rejected["field"]) == ("bad-1", "placeholder_id", "actor.id")
    corrected = {"ids": [rejected["id"]], "set": {"actor.id": "bob"}}
    replayed = shop.ask("admin", "POST", "/v1/rejected-events/replay", json=corrected).json()
    assert replayed["replayed"] == 1, json.dumps(replayed)
    shop.wait()
    assert shop.count() == 2


def test_a_wrong_write_key_is_told_to_the_library(customer: Callable[..., Customer]) -> None:
    shop = customer()
    library = Library(shop, "tl_nobody_nothing")
    library.track(user_id="ann", event="Signed Up")
    with pytest.raises(AssertionError, match="not_authenticated"):
        library.deliver()
