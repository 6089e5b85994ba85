"""What Segment's libraries send becomes events that are taken, and says the same."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.events import Rules, validate_event
from touchline.domain.limits import PROPERTY_STRING_CHARS
from touchline.domain.rejection import Rejection
from touchline.domain.segment.messages import as_event

from tests.unit.services.accepting import ACME, NOW

RULES = Rules(tenant=ACME, received_at=NOW, now=NOW)
TRACK = {"messageId": "m1", "userId": "u1", "event": "Order Completed"}


def event_of(message: Any, call: str | None = "track", sent_at: object = None) -> dict[str, Any]:
    event = as_event(message, call, sent_at, len(orjson.dumps(message)), lambda: "new")
    assert isinstance(event, dict), event
    return event


def document_of(message: Any, call: str | None = "track", sent_at: object = None) -> dict[str, Any]:
    document = validate_event(event_of(message, call, sent_at), RULES, 1)
    assert isinstance(document, dict), document
    return document


def test_an_order_keeps_its_value_its_products_and_its_campaign() -> None:
    """After the e-commerce specification's example."""
    message = TRACK | {
        "anonymousId": "a1",
        "context": {
            "campaign": {"name": "TPS", "source": "Google", "medium": "CPC", "term": "tps", "content": "image link"},
            "page": {"path": "/checkout", "url": "https://shop.example/checkout", "search": "?x"},
            "ip": "8.8.8.8",
        },
        "properties": {
            "order_id": "50314b8e",
            "revenue": 25.00,
            "currency": "EUR",
            "products": [{"sku": "45", "price": 19, "brand": None}, {"sku": "46", "price": 3}],
        },
    }
    document = document_of(message)
    assert document["action"] == "order_completed"
    assert document["actor"] == {"id": "u1", "anonymous_id": "a1"}
    assert document["value"] == {"amount_e4": 250_000, "currency": "EUR"}
    assert document["context"] == {"campaign": "TPS", "channel": "CPC", "message": "image link", "variant": "tps"}
    assert document["object"] == {"type": "order", "id": "50314b8e"}
    assert {"products.sku=45", "products.sku=46", "products.price:=19"} <= set(document["properties"])
    assert {"page.path=/checkout", "utm_source=Google", "utm_term=tps"} <= set(document["properties"])
    assert "8.8.8.8" not in str(document)


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("Email Delivered", "email_delivered"),
        ("Email Opened", "email_opened"),
        ("Email Link Clicked", "link_clicked"),
        ("Email Bounced", "email_bounced"),
        ("Email Marked as Spam", "email_complained"),
        ("Unsubscribed", "unsubscribed"),
    ],
)
def test_the_email_specification_is_said_in_our_words(name: str, action: str) -> None:
    own = {"email_id": "e1", "email_subject": "Hi", "campaign_name": "Spring", "link_url": "https://x.example"}
    document = document_of(TRACK | {"event": name, "properties": own})
    assert document["action"] == action
    assert document["context"] == {"campaign": "Spring", "channel": "email", "message": "e1"}
    assert document["object"] == {"type": "email", "id": "e1", "name": "Hi"}
    assert document["resource"] == {"type": "link", "id": "https://x.example"}


def test_identify_tells_who_it_is_and_hashes_the_address() -> None:
    traits = {"email": "Ann@Example.com", "plan": "pro", "address": {"city": "Graz"}}
    document = document_of({"messageId": "m1", "userId": 7, "anonymousId": "a1", "traits": traits}, "identify")
    assert document["action"] == "identify"
    assert (document["actor"]["id"], document["actor"]["anonymous_id"]) == ("7", "a1")
    assert len(document["actor"]["email_hash"]) == 22
    assert document["properties"] == ["plan=pro", "address.city=Graz"]
    assert "example.com" not in str(document).lower()


def test_an_anonymous_visitor_is_an_actor_until_it_is_known() -> None:
    own = {"path": "/pricing", "title": "Pricing\nand plans", "url": "https://x.example/pricing?a=b", "referrer": ""}
    document = document_of({"messageId": "m1", "anonymousId": "a1", "name": "Pricing", "properties": own}, "page")
    assert document["action"] == "page_viewed"
    assert document["actor"] == {"id": "a1"}
    assert document["object"] == {"type": "page", "id": "/pricing", "name": "Pricing"}
    assert document["resource"] == {"type": "page", "id": "/pricing"}


def test_screen_group_and_alias() -> None:
    assert document_of(TRACK | {"name": "Home"}, "screen")["object"] == {"type": "screen", "id": "Home", "name": "Home"}
    group = document_of(TRACK | {"groupId": "g1", "traits": {"name": "Acme", "employees": 20}}, "group")
    assert group["object"] == {"type": "group", "id": "g1", "name": "Acme"}
    assert set(group["properties"]) == {"name=Acme", "employees:=20", "group_id=g1"}
    alias = document_of({"messageId": "m1", "previousId": "a1", "userId": "u1"}, "alias")
    assert (alias["action"], alias["actor"]) == ("alias", {"id": "u1", "previous_id": "a1"})


def test_a_batch_says_of_each_message_what_it_is() -> None:
    assert document_of(TRACK | {"type": "page"}, None)["action"] == "page_viewed"


@pytest.mark.parametrize(
    ("own", "value", "assumed"),
    [
        ({"revenue": "12.5"}, {"amount_e4": 125_000, "currency": "USD"}, True),
        ({"revenue": 1, "total": 2, "currency": "eur"}, {"amount_e4": 10_000, "currency": "EUR"}, False),
        ({"total": 2, "currency": "EUR"}, {"amount_e4": 20_000, "currency": "EUR"}, False),
        ({"value": 3, "currency": "EUR"}, {"amount_e4": 30_000, "currency": "EUR"}, False),
        ({"total": 35}, None, False),
        ({"value": 3}, None, False),
    ],
    ids=["dollars unless said", "revenue first", "total", "value", "a total of anything", "a value of anything"],
)
def test_money(own: dict[str, Any], value: object, assumed: bool) -> None:  # noqa: FBT001
    document = document_of(TRACK | {"properties": own})
    assert document.get("value") == value
    assert ("currency_assumed:=true" in document["properties"]) is assumed


def test_a_wrong_clock_is_corrected_and_a_corrected_one_is_not() -> None:
    at, sent = "2026-11-17T10:00:00.000Z", NOW + 3_600_000
    plain = document_of(TRACK | {"timestamp": at})["@timestamp"]
    assert document_of(TRACK | {"timestamp": at}, sent_at=sent)["@timestamp"] == plain - 3_600_000
    assert document_of(TRACK | {"originalTimestamp": at, "sentAt": sent})["@timestamp"] == plain - 3_600_000
    through = {"timestamp": at, "originalTimestamp": "2026-11-17T11:00:00Z", "sentAt": sent}
    assert document_of(TRACK | through)["@timestamp"] == plain
    assert document_of(TRACK)["@timestamp"] == NOW


@pytest.mark.parametrize(
    ("message", "call", "code", "field"),
    [
        ("text", "track", "not_an_object", None),
        ({"type": "video"}, None, "wrong_type", "type"),
        ({"messageId": "m1", "userId": "u1"}, "track", "missing_field", "event"),
        (TRACK | {"properties": {"a": "x" * 33_000}}, "track", "event_too_large", None),
    ],
)
def test_what_is_no_message_is_set_aside(message: Any, call: str | None, code: str, field: str | None) -> None:
    rejection = as_event(message, call, None, len(orjson.dumps(message)), lambda: "new")
    assert isinstance(rejection, Rejection)
    assert (rejection.code, rejection.field) == (code, field)


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ({"messageId": "m1", "event": "x"}, "actor.id"),
        (TRACK | {"userId": "anonymous"}, "actor.id"),
        (TRACK | {"anonymousId": "undefined"}, "actor.anonymous_id"),
        (TRACK | {"timestamp": "2026-11-17 10:00"}, "timestamp"),
        (TRACK | {"properties": {"revenue": "free"}}, "value.amount"),
    ],
)
def test_what_would_make_a_number_wrong_is_refused_like_any_event(message: Any, field: str) -> None:
    rejection = validate_event(event_of(message), RULES, 1)
    assert isinstance(rejection, Rejection)
    assert rejection.field == field


def test_long_texts_are_cut_and_told() -> None:
    own = {"url": "https://x.example/?" + "q" * 3_000, "deep": {"a": {"b": {"c": 1}}}, "many": list(range(60))}
    entries = document_of(TRACK | {"properties": own})["properties"]
    assert max(map(len, entries)) <= PROPERTY_STRING_CHARS + 10
    assert {entry for entry in entries if entry.startswith("fitted")} == {
        "fitted=url",
        "fitted=deep.a.b",
        "fitted=many",
    }
    assert 'deep.a.b={"c": 1}' in entries


keys = st.text(st.characters(categories=["Ll", "Nd"]), min_size=1, max_size=12)
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    scalars | st.text(st.characters(exclude_categories=["Cs"]), max_size=80),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(keys, json_values, max_size=6))
def test_no_property_however_it_is_nested_costs_the_event(own: dict[str, Any]) -> None:
    own = {name: value for name, value in own.items() if name not in {"revenue", "total", "value", "currency"}}
    document_of(TRACK | {"properties": own})
