from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.event_ids import PLACEHOLDERS
from touchline.domain.events import Rules, validate_event
from touchline.domain.rejection import CODES, Rejection
from touchline.domain.sent_shape import as_sent
from touchline.domain.tenancy import Tenant

NOW = 1_795_000_000_000  # 2026-11-18T11:06:40Z
ACME = Tenant("acme", "Acme", "hash", b"k" * 32, 1_000, "UTC", "monday", 0)
RULES = Rules(ACME, NOW, NOW)
EVENT: dict[str, Any] = {"id": "e1", "action": "signup", "actor": {"id": "c1"}}
FULL = EVENT | {
    "timestamp": "2026-11-18T12:00:00.123+01:00",
    "actor": {"id": "c1", "type": "contact"},
    "object": {"id": "o1", "type": "email", "name": "Größe & Co"},
    "context": {"campaign": "Spring 10 %", "variant": "A"},
    "resource": {"id": "r1", "type": "page"},
    "value": {"amount": "12.50", "currency": "eur"},
    "properties": {
        "plan": "pro",
        "price": 12.5,
        "vip": True,
        "tags": ["a", "b"],
        "device": {"os": "iOS"},
        "none": None,
    },
}


def document_of(event: Any, rules: Rules = RULES) -> dict[str, Any]:
    verdict = validate_event(event, rules, 7)
    assert isinstance(verdict, dict), verdict
    return verdict


def rejection_of(event: Any, rules: Rules = RULES) -> tuple[str, str | None]:
    verdict = validate_event(event, rules, 7)
    assert isinstance(verdict, Rejection), verdict
    return verdict.code, verdict.field


def test_an_event_becomes_its_document() -> None:
    assert document_of(FULL) == {
        "@timestamp": NOW - 400_000 + 123,
        "sequence": 7,
        "tenant": "acme",
        "id": "e1",
        "action": "signup",
        "actor": {"id": "c1", "type": "contact"},
        "object": {"id": "o1", "type": "email", "name": "Größe & Co"},
        "context": {"campaign": "Spring 10 %", "variant": "A"},
        "resource": {"id": "r1", "type": "page"},
        "value": {"amount_e4": 125_000, "currency": "EUR"},
        "properties": ["plan=pro", "price:=12.5", "vip:=true", "tags=a", "tags=b", "device.os=iOS"],
    }


def test_a_document_given_back_makes_the_same_document() -> None:
    assert document_of(as_sent(document_of(FULL))) == document_of(FULL)


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"id": None}, "missing_field", "id"),
        ({"id": ""}, "missing_field", "id"),
        ({"id": 5}, "wrong_type", "id"),
        ({"id": "x" * 129}, "too_long", "id"),
        ({"id": " e1"}, "surrounding_blanks", "id"),
        ({"id": "e\u00a0"}, "surrounding_blanks", "id"),
        ({"id": "e\u200b1"}, "hidden_character", "id"),
        ({"id": "e\u202e1"}, "hidden_character", "id"),
        ({"id": "e\x00"}, "hidden_character", "id"),
        ({"id": "e\ud800"}, "invalid_text", "id"),
        ({"action": None}, "missing_field", "action"),
        ({"action": " - "}, "missing_field", "action"),
        ({"action": "x" * 101}, "too_long", "action"),
        ({"actor": None}, "missing_field", "actor"),
        ({"actor": "c1"}, "wrong_type", "actor"),
        ({"actor": {}}, "missing_field", "actor.id"),
        ({"actor": {"id": 0}}, "wrong_type", "actor.id"),
        ({"actor": {"id": 0, "email": "a@b.de"}}, "wrong_type", "actor.id"),
        ({"actor": {"id": "c1", "email": "nobody"}}, "email_invalid", "actor.email"),
        ({"actor": {"id": "c1", "email": 0}}, "wrong_type", "actor.email"),
        ({"actor": {"id": "c1", "mail": "a@b.de"}}, "unknown_field", "actor.mail"),
        ({"actor": {"id": "c1", "anonymous_id": "Anonymous"}}, "placeholder_id", "actor.anonymous_id"),
        ({"actor": {"id": "c1", "anonymous_id": "0000-0000"}}, "placeholder_id", "actor.anonymous_id"),
        ({"actor": {"id": "c1", "anonymous_id": "-1"}}, "placeholder_id", "actor.anonymous_id"),
        ({"actor": {"id": "c1", "anonymous_id": 7}}, "wrong_type", "actor.anonymous_id"),
        ({"actor": {"id": "c1", "previous_id": "c0"}}, "unknown_field", "actor.previous_id"),
        ({"action": "alias"}, "missing_field", "actor.previous_id"),
        ({"action": "alias", "actor": {"id": "c1", "previous_id": ""}}, "missing_field", "actor.previous_id"),
        ({"action": "Alias", "actor": {"id": "c1", "previous_id": "guest"}}, "placeholder_id", "actor.previous_id"),
        ({"action": "alias", "actor": {"id": "c1", "previous_id": "c1"}}, "same_id", "actor.previous_id"),
        ({"contxt": {}}, "unknown_field", "contxt"),
        ({"context": {"campaign": 7}}, "wrong_type", "context.campaign"),
        ({"context": {"campaign": "a\tb"}}, "hidden_character", "context.campaign"),
        ({"context": {"campaign": "x" * 257}}, "too_long", "context.campaign"),
        ({"object": {"id": "(null)"}}, "placeholder_id", "object.id"),
        ({"value": {"amount": 1}}, "missing_field", "value.currency"),
        ({"value": {"amount": "1e5", "currency": "EUR"}}, "amount_invalid", "value.amount"),
        ({"value": {"amount": True, "currency": "EUR"}}, "amount_invalid", "value.amount"),
        ({"value": {"amount": float("nan"), "currency": "EUR"}}, "amount_invalid", "value.amount"),
        ({"value": {"amount": 10**300, "currency": "EUR"}}, "amount_invalid", "value.amount"),
        ({"value": {"amount": 1, "currency": "€"}}, "currency_invalid", "value.currency"),
        ({"properties": []}, "wrong_type", "properties"),
        ({"properties": {"": 1}}, "missing_field", "properties"),
        ({"properties": {"a": {"b": {"c": {"d": 1}}}}}, "too_deep", "properties.a.b.c"),
        ({"properties": {"a": [[1]]}}, "wrong_type", "properties.a"),
        ({"properties": {"a": [1] * 51}}, "array_too_long", "properties.a"),
        ({"properties": {"a": "x" * 1_025}}, "too_long", "properties.a"),
        ({"properties": {"a": float("inf")}}, "number_not_finite", "properties.a"),
        ({"properties": {str(n): n for n in range(101)}}, "too_many_properties", "properties"),
        ({"properties": {"k" * 65: 1}}, "too_long", "properties." + "k" * 64 + "…"),
    ],
)
def test_what_is_wrong_is_named_with_its_field(change: dict[str, Any], code: str, field: str) -> None:
    assert rejection_of(EVENT | change) == (code, field)
    assert code in CODES


@pytest.mark.parametrize(
    "sent", [*sorted(PLACEHOLDERS), "NULL", "ＮＵＬＬ", "0", "00000000-0000-0000-0000-000000000000", "{{lead.Id}}"]
)
def test_nobody_is_made_of_a_placeholder(sent: str) -> None:
    assert rejection_of(EVENT | {"actor": {"id": sent}}) == ("placeholder_id", "actor.id")


@pytest.mark.parametrize("sent", ["0a", "100", "nullable", "Guestbook", "user-0", "日本", "e\u0301"])
def test_an_id_that_only_looks_like_one_is_kept_as_it_is(sent: str) -> None:
    assert document_of(EVENT | {"actor": {"id": sent}})["actor"]["id"] == sent


def test_the_nearest_known_field_is_named() -> None:
    verdict = validate_event(EVENT | {"propertys": {}}, RULES, 0)
    assert isinstance(verdict, Rejection)
    assert "did you mean properties?" in verdict.reason


@pytest.mark.parametrize("raw", [None, 1, "x", [], True, 1.5])
def test_only_an_object_is_an_event(raw: Any) -> None:
    assert rejection_of(raw) == ("not_an_object", None)


@pytest.mark.parametrize(
    ("sent", "action", "raw"),
    [
        ("signup", "signup", None),
        ("Email Opened", "email_opened", "Email Opened"),
        ("  email--opened ", "email_opened", "  email--opened "),
        ("ＥＭＡＩＬ", "email", "ＥＭＡＩＬ"),
    ],
)
def test_one_action_has_one_spelling(sent: str, action: str, raw: str | None) -> None:
    document = document_of(EVENT | {"action": sent})
    assert (document["action"], document.get("action_raw")) == (action, raw)


def test_an_address_is_hashed_the_same_however_it_is_written() -> None:
    one = document_of(EVENT | {"actor": {"id": "Jane@Example.com", "type": "lead"}})["actor"]
    two = document_of(EVENT | {"actor": {"email": " jane@example.COM "}})["actor"]
    assert one["id"] == two["id"] == "email:" + two["email_hash"]
    other = Rules(replace(ACME, email_key=b"other"), NOW, NOW)
    assert document_of(EVENT | {"actor": {"id": "jane@example.com"}}, other)["actor"]["id"] != one["id"]


def test_a_tenant_may_keep_addresses() -> None:
    rules = Rules(replace(ACME, email_policy="keep"), NOW, NOW)
    actor = document_of(EVENT | {"actor": {"id": "c1", "email": "Jane@Example.com"}}, rules)["actor"]
    assert actor["email"] == "jane@example.com"
    assert len(actor["email_hash"]) == 22
    assert document_of(EVENT | {"actor": {"id": "J@x.de"}}, rules)["actor"]["id"] == "j@x.de"


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (19.99, 199_900),
        ("0.00005", 0),
        ("0.00015", 2),
        (-1, -10_000),
        ("900000000000", 9_000_000_000_000_000),
        (0.1 + 0.2, 3_000),
    ],
)
def test_amounts_are_whole_ten_thousandths_rounded_half_to_even(amount: Any, expected: int) -> None:
    assert document_of(EVENT | {"value": {"amount": amount, "currency": "EUR"}})["value"]["amount_e4"] == expected


WORDS = st.text(max_size=70)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | WORDS
THINGS = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=20), inner), max_leaves=12
)


@given(event=st.dictionaries(st.sampled_from([*FULL, "sent_at", "other"]), THINGS))
def test_anything_is_judged_and_never_fails(event: dict[str, Any]) -> None:
    verdict = validate_event(event, RULES, 0)
    assert isinstance(verdict, dict) or (verdict.code in CODES and verdict.reason.encode())


@given(change=st.dictionaries(st.sampled_from(["timestamp", "context", "value", "properties", "object"]), THINGS))
def test_what_is_taken_once_is_taken_again(change: dict[str, Any]) -> None:
    verdict = validate_event(EVENT | change, RULES, 0)
    if isinstance(verdict, dict):
        assert document_of(as_sent(verdict)) | {"sequence": 0} == {
            k: v for k, v in verdict.items() if k != "original_timestamp"
        }


def test_an_actor_says_who_it_was_before() -> None:
    known = document_of(FULL | {"actor": {"id": "c1", "anonymous_id": "browser-1"}})
    assert known["actor"] == {"id": "c1", "anonymous_id": "browser-1"}
    renamed = document_of(FULL | {"action": "Alias", "actor": {"id": "c2", "previous_id": "c1"}})
    assert renamed["actor"] == {"id": "c2", "previous_id": "c1"}
    for document in (known, renamed):
        assert document_of(as_sent(document)) == document


def test_an_earlier_id_that_is_an_address_is_hashed_like_any() -> None:
    document = document_of(FULL | {"actor": {"id": "c1", "anonymous_id": "Jane@Example.com", "previous_id": None}})
    assert document["actor"]["anonymous_id"] == document_of(FULL | {"actor": {"id": "jane@example.com"}})["actor"]["id"]
    assert "@" not in document["actor"]["anonymous_id"]
