"""Facts of domains are written where they differ, by rules that are checked before."""

import re
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.leads.changes import CHANGES
from touchline.domain.leads.domain_changes import address_facts, domain_part
from touchline.domain.leads.domain_rules import (
    FACTS,
    DomainRules,
    FactTarget,
    describe_domain_rules,
    fields_to_create,
    needed_fields,
    parse_domain_rules,
)
from touchline.domain.marketo.api import LeadField
from touchline.errors import InvalidRequest

FIELDS = [
    LeadField("id", "Id", "integer", updateable=False),
    LeadField("email", "Email Address", "email", 255),
    LeadField("emailDomainClass", "Class", "string", 255),
    LeadField("emailCompanyDomain", "Domain", "string", 255),
    LeadField("isRole", "Role", "boolean"),
    LeadField("score", "Score", "score"),
]
RULES = DomainRules(
    "email",
    (FactTarget("class", "emailDomainClass"), FactTarget("role", "isRole", boolean=True)),
)


def part(*rows: tuple[int, str | None, str | None, str | None]) -> pl.DataFrame:
    names = ("id", "email", "emailDomainClass", "isRole")
    return pl.DataFrame(rows, {name: pl.Int64 if name == "id" else pl.String for name in names}, orient="row")


def test_facts_of_addresses_in_order() -> None:
    found = address_facts(
        pl.Series(
            [
                " Info+x@Mail.Acme.co.uk ",
                None,
                "n/a",
                "Jörg@gmial.com",
                "a..b@acme.com",
                "a@b@acme.com",
                "",
                "noreply@x.de",
            ]
        )
    )
    assert found.columns == ["class", "domain", "unicode_domain", "registrable_domain", "suggestion", "country", "role"]
    assert found.rows() == [
        ("company", "mail.acme.co.uk", "mail.acme.co.uk", "acme.co.uk", None, "GB", "true"),
        (None,) * 7,
        ("malformed", None, None, None, None, None, "false"),
        ("disposable", "gmial.com", "gmial.com", "gmial.com", "gmail.com", None, "false"),
        ("malformed", "acme.com", "acme.com", "acme.com", None, None, "false"),
        ("malformed", None, None, None, None, None, "false"),
        (None,) * 7,
        ("company", "x.de", "x.de", "x.de", None, "DE", "true"),
    ]
    assert set(found.columns) == set(FACTS)


@pytest.mark.parametrize(("local", "sound"), [("a" * 64, True), ("a" * 65, False), (".a", False), ("a.", False)])
def test_a_local_part_is_sound_or_the_address_is_malformed(local: str, sound: bool) -> None:  # noqa: FBT001
    assert (address_facts(pl.Series([f"{local}@acme.com"]))["class"][0] == "company") is sound


def test_only_what_differs_changes_and_says_why() -> None:
    found = domain_part(
        RULES,
        part(
            (7, "jo@acme.com", None, None),
            (3, "info@gmail.com", "free", "false"),
            (5, None, "company", "true"),
            (6, None, None, None),
            (4, "jo@acme.com", "company", "true"),
        ),
    )
    assert found.schema == CHANGES
    assert found.rows() == [
        (3, "isRole", "false", "true", "role", "", "domain of the address"),
        (4, "isRole", "true", "false", "role", "", "domain of the address"),
        (5, "emailDomainClass", "company", None, "class", "", "no address"),
        (5, "isRole", "true", "false", "role", "", "no address"),
        (7, "emailDomainClass", None, "company", "class", "", "domain of the address"),
    ]


def test_fields_may_stay_where_the_address_is_gone() -> None:
    rules = DomainRules("email", RULES.targets, without_address="leave")
    assert domain_part(rules, part((5, None, "company", "true"))).is_empty()


addresses = st.none() | st.sampled_from(["jo@acme.com", "info@gmail.com", "n/a", "", "a@b.con", "x@mailinator.com"])


@given(
    st.lists(
        st.tuples(addresses, st.sampled_from([None, "free", "old"]), st.sampled_from([None, "true", "false"])),
        max_size=15,
    ),
    st.sampled_from(["clear", "leave"]),
)
def test_a_second_run_changes_nothing_and_rows_do_not_depend_on_their_part(
    rows: list[tuple[str | None, str | None, str | None]], without: Any
) -> None:
    rules = DomainRules("email", RULES.targets, {"acme.com": "free"}, without)
    leads = part(*((number, *row) for number, row in enumerate(rows)))
    found = domain_part(rules, leads)
    alone = [domain_part(rules, leads[n]) for n in range(len(leads))]
    assert pl.concat([pl.DataFrame(schema=CHANGES), *alone]).equals(found)
    assert domain_part(rules, written(leads, found)).is_empty()


def written(leads: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    for target in RULES.targets:
        of_field = changes.filter(field=target.field).select("id", "after", changed=True)
        value = pl.when("changed").then("after").otherwise(target.field)
        leads = (
            leads.join(of_field, on="id", how="left").with_columns(value.alias(target.field)).drop("after", "changed")
        )
    return leads


def test_no_rules_are_good_rules() -> None:
    rules = parse_domain_rules({}, FIELDS)
    assert [(target.fact, target.field) for target in rules.targets] == [
        ("class", "emailDomainClass"),
        ("registrable_domain", "emailCompanyDomain"),
    ]
    assert needed_fields(rules) == ["id", "email", "emailDomainClass", "emailCompanyDomain"]
    assert fields_to_create({}, FIELDS) == []
    assert fields_to_create({}, FIELDS[:3]) == [LeadField("emailCompanyDomain", "Email Company Domain", "string", 255)]


def test_rules_in_words() -> None:
    raw = {
        "targets": [{"fact": "role", "field": "isRole"}],
        "own": {"free": ["@A.com", "b.com", "c.com", "d.com", "e.com", "f.com"], "company": ["gmail.com"]},
        "without_address": "leave",
    }
    rules = parse_domain_rules(raw, FIELDS)
    assert rules.targets == (FactTarget("role", "isRole", boolean=True),)
    assert describe_domain_rules(rules) == [
        "isRole gets whether it is a task's mailbox, such as info or sales, of the address in email.",
        "gmail.com, with subdomains, are company, whatever the lists say.",
        "a.com, b.com, c.com, d.com, e.com and 1 more, with subdomains, are free, whatever the lists say.",
        "Leads without an address have no domain: their fields stay as they are.",
    ]


@pytest.mark.parametrize(
    ("raw", "place", "reason"),
    [
        ({"target": []}, "rules.target", "Did you mean targets?"),
        ({"targets": []}, "rules.targets", "at least one fact"),
        ({"targets": [{"fact": "klass"}]}, "rules.targets[0].fact", "It can be class, domain"),
        ({"targets": [{"fact": "country"}]}, "rules.targets[0].field", "no field of leads is named"),
        ({"targets": [{"field": "isRole"}]}, "rules.targets[0].field", "has the type boolean"),
        ({"targets": [{"field": "email"}]}, "rules.targets[0].field", "has the type email"),
        ({"targets": [{"field": "emailDomainClass"}] * 2}, "rules.targets[1].field", "of another fact already"),
        ({"source": "emailDomainClass", "targets": [{}]}, "rules.targets[0].field", "is what is looked at"),
        ({"own": {"gold": []}}, "rules.own.gold", "is not known"),
        ({"own": {"free": ["nope"]}}, "rules.own.free[0]", "must be a domain"),
        ({"own": {"free": ["a.com"], "company": ["A.com"]}}, "rules.own.free[0]", "a.com is company already"),
    ],
)
def test_what_cannot_work_is_refused_with_its_place(raw: dict[str, Any], place: str, reason: str) -> None:
    with pytest.raises(InvalidRequest, match=re.escape(reason)) as refused:
        parse_domain_rules(raw, FIELDS)
    assert refused.value.field == place
