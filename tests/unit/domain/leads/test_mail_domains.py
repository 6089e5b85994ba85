"""Domains are told apart as their lists and suffixes say, and only what nobody knows is called mistyped."""

import pytest
from disposable_email_domains import blocklist
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.leads.mail_domain_lists import FREE, OFTEN_MISTYPED, RELAY
from touchline.domain.leads.mail_domains import DomainFacts, a_label, domain_facts


def facts(domain: str) -> DomainFacts:
    (found,) = domain_facts([domain])
    return found


@pytest.mark.parametrize(
    ("domain", "mail_class"),
    [
        ("acme.com", "company"),
        ("mail.acme.co.uk", "company"),
        ("go.it", "company"),
        ("company.uk.com", "company"),
        ("gmail.com", "free"),
        ("yahoo.co.uk", "free"),
        ("hotmail.fr", "free"),
        ("t-online.de", "free"),
        ("yahooinc.com", "company"),
        ("gmail.company.com", "company"),
        ("mailinator.com", "disposable"),
        ("any.thing.mailinator.com", "disposable"),
        ("privaterelay.appleid.com", "relay"),
        ("appleid.com", "company"),
        ("duck.com", "relay"),
        ("mit.edu", "education"),
        ("cs.ox.ac.uk", "education"),
        ("uni.edu.au", "education"),
        ("lausd.k12.ca.us", "education"),
        ("startup.ac", "company"),
        ("nasa.gov", "government"),
        ("gov.uk", "government"),
        ("hmrc.gov.uk", "government"),
        ("interieur.gouv.fr", "government"),
        ("mofa.go.jp", "government"),
        ("army.mil", "government"),
        ("ec.europa.eu", "government"),
        ("bmi.bund.de", "government"),
        ("canada.gc.ca", "government"),
        ("example.com", "reserved"),
        ("mail.example.org", "reserved"),
        ("x.test", "reserved"),
        ("localhost", "reserved"),
        ("acme.invalid", "reserved"),
        ("acme.con", "malformed"),
        ("acme", "malformed"),
        ("a_b.com", "malformed"),
        ("-a.com", "malformed"),
        ("a..com", "malformed"),
        (f"{'a' * 64}.com", "malformed"),
        ("127.0.0.1", "malformed"),
        ("[127.0.0.1]", "malformed"),
        ("", "malformed"),
        ("a b.com", "malformed"),
    ],
)
def test_classes(domain: str, mail_class: str) -> None:
    assert facts(domain).mail_class == mail_class


def test_a_domain_in_two_alphabets_is_one() -> None:
    assert facts("bücher.de") == facts("xn--bcher-kva.de")
    assert facts("post.bücher.de") == DomainFacts(
        "company", "post.xn--bcher-kva.de", "post.bücher.de", "xn--bcher-kva.de", None, "DE"
    )


@pytest.mark.parametrize(
    ("domain", "registrable"),
    [
        ("a.b.acme.co.uk", "acme.co.uk"),
        ("team.foo.github.io", "foo.github.io"),
        ("mail.company.uk.com", "company.uk.com"),
        ("gov.uk", "gov.uk"),
        ("smtp.gmail.com", "gmail.com"),
    ],
)
def test_who_registered_it(domain: str, registrable: str) -> None:
    assert facts(domain).registrable_domain == registrable


@pytest.mark.parametrize(
    ("domain", "country"),
    [
        ("acme.de", "DE"),
        ("acme.co.uk", "GB"),
        ("yahoo.com.br", "BR"),
        ("nasa.gov", "US"),
        ("army.mil", "US"),
        ("президент.рф", "RU"),
        ("acme.com", None),
        ("mit.edu", None),
        ("startup.io", None),
        ("startup.ai", None),
        ("europa.eu", None),
        ("acme.con", None),
        ("simplelogin.fr", None),
    ],
)
def test_a_country_is_told_where_the_suffix_belongs_to_one(domain: str, country: str | None) -> None:
    assert facts(domain).country == country


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gnail.com", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("yahooo.com", "yahoo.com"),
        ("outlok.com", "outlook.com"),
        ("acme.con", "acme.com"),
        ("acme.ogr", "acme.org"),
        ("gmail.com", None),
        ("mail.com", None),
        ("email.com", None),
        ("ymail.com", None),
        ("acme.com", None),
        ("acme.unknown", None),
    ],
)
def test_what_was_meant(domain: str, meant: str | None) -> None:
    assert facts(domain).suggestion == meant


def test_a_customers_own_classes_hold_for_subdomains_and_before_the_lists() -> None:
    own = {"gmail.com": "company", "acme.com": "disposable", "gmai.com": "company"}
    found = domain_facts(["gmail.com", "mail.acme.com", "acme.org", "gmai.com"], own)  # type: ignore[arg-type]
    assert [one.mail_class for one in found] == ["company", "disposable", "company", "company"]
    assert found[3].suggestion is None


def test_lists_do_not_contradict_each_other() -> None:
    assert not FREE & blocklist
    assert not RELAY & blocklist
    assert not FREE & RELAY
    assert {facts(domain).mail_class for domain in FREE} == {"free"}
    assert {facts(domain).mail_class for domain in RELAY} == {"relay"}
    assert {facts(domain).mail_class for domain in OFTEN_MISTYPED} == {"free"}
    assert {facts(domain).suggestion for domain in FREE | set(OFTEN_MISTYPED)} == {None}


@given(st.text(max_size=40))
def test_any_text_has_a_class_and_only_sound_names_have_more(text: str) -> None:
    name = text.lower()
    found = facts(name)
    if found.mail_class == "malformed":
        assert found == DomainFacts("malformed", suggestion=found.suggestion)
    else:
        assert found.domain == a_label(name)
        assert found.domain is not None
        assert found.domain.endswith(found.registrable_domain or "?")


@given(st.lists(st.sampled_from(["acme.com", "gmial.com", "gmail.com", "x.test", "", "acme.con"]), max_size=10))
def test_domains_do_not_depend_on_one_another(domains: list[str]) -> None:
    assert domain_facts(domains) == [facts(domain) for domain in domains]
