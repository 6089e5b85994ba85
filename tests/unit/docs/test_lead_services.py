"""The pages of hashed addresses and of mail domains say what the code does."""

import json
import re
from typing import Any, get_args

import polars as pl
import pytest
from touchline.domain.leads import domain_rules, hash_rules
from touchline.domain.leads.domain_rules import FACTS, MOST_OWN_DOMAINS, MailClass, OwnClass, parse_domain_rules
from touchline.domain.leads.hash_rules import FORMS, MOST_TARGETS, parse_hash_rules
from touchline.domain.leads.hashing import hash_addresses
from touchline.domain.leads.mail_domains import domain_facts
from touchline.domain.marketo.api import LeadField

from tests.unit.docs.pages import REFERENCE, read, table, word

HASHING, DOMAINS = "email-hashing.md", "mail-domains.md"
EMAIL = LeadField("email", "Email", "email", 255)


def example(page: str) -> dict[str, Any]:
    found = re.search(r"```json\n(.*?)```", read(REFERENCE / page), re.DOTALL)
    assert found
    rules: dict[str, Any] = json.loads(found[1])
    return rules


def test_forms_are_those_of_the_code() -> None:
    rows = {word(row["form"]): row for row in table(HASHING, "form")}
    assert {form: word(row["its own field"]) for form, row in rows.items()} == {
        form: facts.field for form, facts in FORMS.items()
    }
    for form, row in rows.items():
        if said := re.search(r"(\d+) (?:hex digits|characters)", row["written as"]):
            assert int(said[1]) == FORMS[form].characters, form  # type: ignore[index]


def test_examples_of_hashes_are_true() -> None:
    text = read(REFERENCE / HASHING)
    (plain,) = hash_addresses(pl.Series(["person@example.com"]), "generic")
    (uid2,) = hash_addresses(pl.Series(["JaneSaoirse+Work@gmail.com"]), "uid2")
    assert plain in text
    assert uid2 in text


def test_facts_and_classes_are_those_of_the_code() -> None:
    rows = table(DOMAINS, "fact")
    assert {word(row["fact"]): word(row["its own field"]) for row in rows} == {
        fact: words.field for fact, words in FACTS.items()
    }
    told = [word(row["class"]) for row in table(DOMAINS, "class") if row["class"] != "your own"]
    assert sorted(told) == sorted(get_args(MailClass))
    (own,) = [row[""] for row in table(DOMAINS, "key") if word(row["key"]) == "own"]
    assert set(re.findall(r"`(\w+)`", own)) == set(get_args(OwnClass))


def test_examples_of_domains_are_true() -> None:
    for row in table(DOMAINS, "class"):
        names = [name.removeprefix(".") for name in re.findall(r"`([\w.-]+)`", row[""]) if name != "own"]
        for one in domain_facts([name if "." in name else f"x.{name}" for name in names]):
            assert one.mail_class == word(row["class"])


@pytest.mark.parametrize(
    ("page", "module", "parse"),
    [(HASHING, hash_rules, parse_hash_rules), (DOMAINS, domain_rules, parse_domain_rules)],
    ids=["hashing", "domains"],
)
def test_the_example_of_rules_is_good_and_every_key_is_told(page: str, module: Any, parse: Any) -> None:
    rules = example(page)
    parse(rules, [EMAIL, *module.fields_to_create(rules, [EMAIL])])
    keys = {word(row["key"]) for row in table(page, "key")}
    assert rules.keys() <= keys
    for key in keys - rules.keys():
        parse({**rules, key: {"version": 1, "source": "email"}[key]}, [EMAIL, *module.fields_to_create(rules, [EMAIL])])


def test_limits_are_told() -> None:
    assert f"at most {MOST_TARGETS}" in read(REFERENCE / HASHING)
    assert f"at most {MOST_OWN_DOMAINS:,}" in read(REFERENCE / DOMAINS)
