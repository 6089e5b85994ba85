"""The page of deduplication says what the code does."""

from dataclasses import fields

import pytest
from touchline.domain.leads.decisions import UNMERGEABLE
from touchline.domain.leads.dedupe_rules import CONSENT_FIELDS, FULL_EVERY_DAYS, NUMBERS, TIMES, Guards, Marks
from touchline.domain.leads.match_reading import FITTING, NORMALISERS
from touchline.domain.leads.outcome_reading import KNOWN_UNMERGEABLE, MARK_TYPES, OUTCOMES
from touchline.domain.leads.rule_words import DOMAIN_AND_NAME_PRECISION, PHONE_PRECISION
from touchline.domain.leads.rules import KEYS, parse_dedupe_rules
from touchline.domain.leads.scope_reading import LONGEST
from touchline.domain.leads.survivor_reading import LOOKS_AT, PREFERENCES
from touchline.domain.leads.value_reading import RULE_TYPES, VALUE_RULES
from touchline.domain.marketo.api import LeadField
from touchline.domain.marketo.incremental_runs import MOST_READ_BY_ID, REASONS

from infra.config import stage_config
from tests.unit.docs.pages import REFERENCE, json_blocks, read, table, word, words
from tests.unit.domain.leads.instance import WITH_MARKS

PAGE = "dedupe.md"


def test_every_part_of_the_rules_is_on_the_page() -> None:
    assert [word(row["part"]) for row in table(PAGE, "part")] == list(KEYS)


def test_normalisers_fit_what_the_page_says() -> None:
    told = {word(row["normaliser"]): row["fits"] for row in table(PAGE, "normaliser")}
    assert list(told) == list(NORMALISERS)
    for name in NORMALISERS:
        assert told[name] == (", ".join(sorted(FITTING[name])) if name in FITTING else "every type")


def test_guards_have_the_bounds_that_the_page_says() -> None:
    told = {word(row["guard"]): row["unless said"] for row in table(PAGE, "guard")}
    usual = Guards()
    for one in fields(Guards):
        if one.name != "placeholders":
            value = getattr(usual, one.name)
            assert told.pop(one.name) == (str(value).lower() if isinstance(value, bool) else f"{value:,}")
    assert told == {}


def test_reasons_to_leave_a_group_alone_are_on_the_page() -> None:
    told = {word(row["also listed as"]) for row in table(PAGE, "also listed as")}
    assert told == {*UNMERGEABLE, "two_contacts", "changed_meanwhile", "tie"}
    assert all(f"`{one.field}`" in read(REFERENCE / PAGE) for one in KNOWN_UNMERGEABLE)


def test_preferences_look_at_what_the_page_says() -> None:
    told = {word(row["preference"]): words(row["looks at"]) for row in table(PAGE, "preference")}
    assert list(told) == list(PREFERENCES)
    for kind, names in LOOKS_AT.items():
        if kind != "most_complete":
            assert [name for name in told[kind] if name != "field"] == list(names)


def test_rules_of_values_fit_what_the_page_says() -> None:
    told = {word(row["rule"]): row["fits"] for row in table(PAGE, "rule")}
    assert list(told) == list(VALUE_RULES)
    kinds = {NUMBERS: "numbers", NUMBERS | TIMES: "numbers and times"}
    for rule in VALUE_RULES:
        types = RULE_TYPES.get(rule)
        assert told[rule] == ("every type" if types is None else kinds.get(types, ", ".join(sorted(types))))
    assert all(f"`{flag}`" in read(REFERENCE / PAGE) for flag in CONSENT_FIELDS)


def test_outcomes_and_marks_are_those_of_the_code() -> None:
    assert [word(row["outcome"]) for row in table(PAGE, "outcome")] == list(OUTCOMES)
    for row in table(PAGE, "mark"):
        name = word(row["mark"])
        assert word(row["unless said"]) == getattr(Marks(), name)
        assert set(row["type"].split(" or ")) == MARK_TYPES[name]


def test_measured_precision_is_that_of_the_warnings() -> None:
    text = " ".join(read(REFERENCE / PAGE).split())
    assert f"joined, {PHONE_PRECISION * 100:.0f} % were the same person" in text
    assert f"a last name joined, {DOMAIN_AND_NAME_PRECISION * 100:.0f} %" in text


def test_incremental_runs_are_told_as_they_are() -> None:
    text = " ".join(read(REFERENCE / PAGE).split())
    assert [word(row["`full_because`"]) for row in table(PAGE, "`full_because`")] == list(REASONS)
    assert f"more than {MOST_READ_BY_ID:,} leads would be read by id" in text
    assert f"`full_every_days` (1 to {LONGEST}, {FULL_EVERY_DAYS} unless said) ago" in text
    days = stage_config("prod").marketo.working_files_days
    assert f"gone {days} days after the run that made them" in text


OWN = [LeadField(name, name, "string", 255) for name in ("leadSource", "utmSource", "utmMedium")]


@pytest.mark.parametrize("rules", json_blocks(REFERENCE / PAGE))
def test_rules_on_the_page_are_taken(rules: dict[str, object]) -> None:
    assert parse_dedupe_rules(rules, [*WITH_MARKS, *OWN]).match
