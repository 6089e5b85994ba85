"""Hashes are those of the platforms' own examples and of hashlib; nothing is hashed that is no address, or twice."""

import base64
import hashlib
import hmac
import re
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.leads import hashing
from touchline.domain.leads.changes import CHANGES
from touchline.domain.leads.hash_rules import (
    FORMS,
    KEYED,
    Form,
    HashRules,
    HashTarget,
    describe_hash_rules,
    fields_to_create,
    needed_fields,
    parse_hash_rules,
    rule_warnings,
)
from touchline.domain.leads.hashing import hash_addresses, hash_part
from touchline.domain.marketo.api import LeadField
from touchline.errors import InvalidRequest

KEY = bytes(range(32))
ADDRESS = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
PERSON = "542d240129883c019e106e3b1b2d3f3cb3537c43c425364de8e951d5a3083345"
FIELDS = [
    LeadField("id", "Id", "integer", updateable=False),
    LeadField("email", "Email Address", "email", 255),
    LeadField("emailSha256", "SHA", "string", 255),
    LeadField("short", "Short", "string", 40),
    LeadField("score", "Score", "score"),
    LeadField("crm", "CRM", "string", 255, updateable=False),
]


def hash_one(address: str | None, form: Form) -> str | None:
    found: str | None = hash_addresses(pl.Series([address], dtype=pl.String), form, key=KEY).item()
    return found


@pytest.mark.parametrize(
    ("address", "form", "published"),
    [
        ("john_smith@gmail.com", "meta", "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"),
        ("  John_Smith@Gmail.com\n", "meta", "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"),
        ("person@example.com", "generic", PERSON),
        ("user@example.com", "snap", "b4c9a289323b21a01c3e940f150eb9b8c542587f1abfd8f0e1cc1ffc5e475514"),
        ("user@example.com", "uid2", "tMmiiTI7IaAcPpQPFQ65uMVCWH8av9jw4cwf/F5HVRQ="),
        (
            "JaneSaoirse+Work@gmail.com",
            "uid2",
            base64.b64encode(
                bytes.fromhex("92ee26057ed9dea2535d6c8b141d48373932476599196e00352254896db5888f")
            ).decode(),
        ),
    ],
)
def test_examples_of_the_platforms(address: str, form: Form, published: str) -> None:
    assert hash_one(address, form) == published


NORMALISED: list[tuple[Form, str, str]] = [
    ("generic", "J.Doe+a@Gmail.com", "j.doe+a@gmail.com"),
    ("linkedin", " J.Doe@x.com ", "j.doe@x.com"),
    ("google_data_manager", "J.Do e+a@GoogleMail.com", "jdoe@googlemail.com"),
    ("google_data_manager", "j.doe+a@example.com", "j.doe+a@example.com"),
    ("google_ads", "J.Doe+a@Gmail.com", "jdoe+a@gmail.com"),
    ("google_ads", "J.Doe@googlemail.com", "jdoe@googlemail.com"),
    ("uid2", "J.Doe+a+b@Gmail.com", "jdoe@gmail.com"),
    ("uid2", "J.Doe+a@googlemail.com", "j.doe+a@googlemail.com"),
    ("uid2", "J.Doe+a@notgmail.com", "j.doe+a@notgmail.com"),
    ("meta", "ÜNAL@Bücher.de", "ünal@bücher.de"),
]


@pytest.mark.parametrize(("form", "address", "normalised"), NORMALISED)
def test_each_form_normalises_as_its_platform_says(form: Form, address: str, normalised: str) -> None:
    assert hash_one(address, form) == hash_one(normalised, form) == reference(normalised, form)


def reference(normalised: str, form: Form) -> str:
    sent = normalised.encode()
    if form == "uid2":
        return base64.b64encode(hashlib.sha256(sent).digest()).decode()
    if form == "hmac_sha256":
        return hmac.digest(KEY.hex().encode(), sent, "sha256").hex()
    return hashlib.new(form if form in {"md5", "sha1", "sha512"} else "sha256", sent).hexdigest()


@given(st.sampled_from(list(FORMS)), st.lists(st.none() | st.text("ab.+@ \té", max_size=12), max_size=30))
def test_digests_are_those_of_hashlib_and_of_nothing_else(form: Form, values: list[str | None]) -> None:
    hashes = hash_addresses(pl.Series(values, dtype=pl.String), form, key=KEY).to_list()
    for value, found in zip(values, hashes, strict=True):
        plain = (value or "").strip().lower() + ".com"
        if ADDRESS.fullmatch(plain) and form != "google_data_manager":
            assert hash_one(plain, form) == reference(plain, form)
        if found is not None:
            assert len(found) == FORMS[form].characters
            assert "@" in (value or "")


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7])
def test_addresses_stay_in_order_whatever_the_pieces(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(hashing, "PIECE", 2)
    values = [f"person{n}@example.com" for n in range(count)]
    hashes = hash_addresses(pl.Series(values, dtype=pl.String), "md5").to_list()
    assert hashes == [hashlib.md5(value.encode()).hexdigest() for value in values]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("value", [None, "", " ", "null", "n/a", "@", "a@", "@b.c", "a@b", "a b@c", PERSON])
def test_nothing_is_no_address_and_has_no_hash(form: Form, value: str | None) -> None:
    assert hash_one(value, form) is None


def test_gmail_without_a_mailbox_is_no_address() -> None:
    assert hash_one("...@gmail.com", "uid2") is None


@pytest.mark.parametrize("form", sorted(KEYED))
def test_a_keyed_form_without_a_key_is_a_mistake(form: Form) -> None:
    with pytest.raises(ValueError, match="key"):
        hash_addresses(pl.Series(["a@b.co"]), form)


def part(*rows: tuple[int, str | None, str | None]) -> pl.DataFrame:
    return pl.DataFrame(rows, {"id": pl.Int64, "email": pl.String, "emailSha256": pl.String}, orient="row")


RULES = HashRules("email", (HashTarget("generic", "emailSha256"),))


def test_only_what_differs_changes_and_says_why() -> None:
    found = hash_part(
        RULES,
        part(
            (9, "Person@example.com ", None),
            (2, "person@example.com", PERSON),
            (3, None, "an old one"),
            (4, "n/a", None),
            (5, PERSON.upper(), "kept"),
            (6, "person@example.com", PERSON.upper()),
        ),
    )
    assert found.schema == CHANGES
    assert found.rows() == [
        (3, "emailSha256", "an old one", None, "generic", "", "no address"),
        (6, "emailSha256", PERSON.upper(), PERSON, "generic", "", "hashed"),
        (9, "emailSha256", None, PERSON, "generic", "", "hashed"),
    ]


def test_what_is_a_hash_already_is_passed_through_where_its_length_fits_and_never_hashed() -> None:
    rules = HashRules(
        "email",
        (HashTarget("generic", "emailSha256"), HashTarget("md5", "md5"), HashTarget("hmac_sha256", "hmac")),
        already_hashed="pass_through",
    )
    leads = part((1, f" {PERSON.upper()} ", None), (2, "d41d8cd98f00b204e9800998ecf8427e", "stays"))
    leads = leads.with_columns(md5=pl.lit(None, pl.String), hmac=pl.lit("stays"))
    assert [row[:4] for row in hash_part(rules, leads, key=KEY).rows()] == [
        (1, "emailSha256", None, PERSON),
        (2, "md5", None, "d41d8cd98f00b204e9800998ecf8427e"),
    ]


def test_a_lead_that_is_there_twice_counts_as_it_was_last() -> None:
    leads = part((1, "old@example.com", None), (2, None, None), (1, "person@example.com", PERSON))
    assert hash_part(RULES, leads).is_empty()


def test_a_hash_may_stay_where_its_address_is_gone() -> None:
    rules = HashRules("email", RULES.targets, without_address="leave")
    assert hash_part(rules, part((1, None, "old"), (2, "", "old"), (3, "x", None))).is_empty()


addresses = st.none() | st.sampled_from(["person@example.com", " A@b.co", "n/a", "", PERSON, "é@ü.de"])
hashes = st.none() | st.sampled_from([PERSON, "old"])


@given(
    st.lists(st.tuples(addresses, hashes), max_size=20),
    st.sampled_from(["leave", "pass_through"]),
    st.sampled_from(["leave", "clear"]),
)
def test_a_second_run_changes_nothing(rows: list[tuple[str | None, str | None]], hashed: Any, without: Any) -> None:
    rules = HashRules("email", RULES.targets, hashed, without)
    leads = part(*((number, *row) for number, row in enumerate(rows)))
    after = hash_part(rules, leads).select("id", "after", changed=True)
    written = leads.join(after, on="id", how="left").select(
        "id", "email", emailSha256=pl.when("changed").then("after").otherwise("emailSha256")
    )
    assert hash_part(rules, written).is_empty()


def test_no_rules_are_good_rules() -> None:
    rules = parse_hash_rules({}, FIELDS)
    assert rules == RULES
    assert needed_fields(rules) == ["id", "email", "emailSha256"]
    assert describe_hash_rules(rules) == [
        "emailSha256 gets SHA-256 as hex digits of the address, trimmed and in lower case, as most partners take it in "
        "email.",
        "What is a hash already is never hashed again: it is left alone.",
        "Leads without an address have no hash, not that of nothing: their targets are cleared.",
    ]


def target(form: str, field: str | None = None) -> dict[str, object]:
    return {"targets": [{"form": form} if field is None else {"form": form, "field": field}]}


@pytest.mark.parametrize(
    ("raw", "place", "reason"),
    [
        ({"sourse": "email"}, "rules.sourse", "Did you mean source?"),
        ({"source": "emial"}, "rules.source", "Did you mean email"),
        ({"source": "score"}, "rules.source", "has the type score"),
        ({"targets": []}, "rules.targets", "at least one form"),
        ({"targets": "md5"}, "rules.targets", "must be a list"),
        ({"targets": ["md5"]}, "rules.targets[0]", "must be an object"),
        (target("sha265", "short"), "rules.targets[0].form", "It can be generic, meta"),
        (target("md5"), "rules.targets[0].field", "no field of leads is named 'emailMd5'"),
        (target("generic", "short"), "rules.targets[0].field", "holds 40 characters; generic needs 64"),
        (target("md5", "score"), "rules.targets[0].field", "hashes are written to"),
        (target("md5", "email"), "rules.targets[0].field", "has the type email"),
        (target("md5", "crm"), "rules.targets[0].field", "does not let crm be changed"),
        ({"source": "short", **target("md5", "short")}, "rules.targets[0].field", "is what is hashed"),
        ({"targets": [{"form": "md5", "field": "short"}] * 2}, "rules.targets[1].field", "of another form already"),
        ({"already_hashed": "hash"}, "rules.already_hashed", "leave, pass_through"),
        ({"version": 2}, "rules.version", "whole number from 1 to 1"),
    ],
)
def test_what_cannot_work_is_refused_with_its_place(raw: dict[str, Any], place: str, reason: str) -> None:
    with pytest.raises(InvalidRequest, match=re.escape(reason)) as refused:
        parse_hash_rules(raw, FIELDS)
    assert refused.value.field == place


def test_what_is_missing_can_be_created() -> None:
    raw = {"targets": [{"form": "uid2"}, {"form": "md5", "field": "old"}, {"form": "sha1", "field": "short"}, 7]}
    missing = fields_to_create(raw, FIELDS)
    assert [(field.name, field.data_type) for field in missing] == [("emailHashUid2", "string"), ("old", "string")]
    assert fields_to_create({}, FIELDS) == []
    assert len(parse_hash_rules({"targets": raw["targets"][:3]}, [*FIELDS, *missing]).targets) == 3


def test_weak_forms_carry_a_warning() -> None:
    assert rule_warnings(HashRules("email", (HashTarget("hmac_sha256", "x"),))) == []
    assert len(rule_warnings(HashRules("email", (HashTarget("md5", "x"),)))) == 2
