"""What the domain of an e-mail address tells: its class, who registered it, its country, and whether it is mistyped."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import idna
from disposable_email_domains import blocklist
from publicsuffixlist import PublicSuffixList
from rapidfuzz import process
from rapidfuzz.distance import OSA

from touchline.domain.leads.countries import COUNTRY_CODES
from touchline.domain.leads.domain_rules import MailClass, OwnClass
from touchline.domain.leads.mail_domain_lists import (
    AMERICAN_SUFFIXES,
    COUNTRY_OF,
    EDUCATION_LABELS,
    FREE,
    FREE_NAMES,
    GOVERNMENT,
    GOVERNMENT_LABELS,
    MISTYPED_SUFFIXES,
    NOT_GOVERNMENT,
    OFTEN_MISTYPED,
    RELAY,
    RESERVED,
    WITHOUT_COUNTRY,
)

LONGEST_DOMAIN: Final = 253  # RFC 1035, without the root's dot
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*")
_OF_NOBODY: Final = frozenset({"disposable", "relay"})


@dataclass(frozen=True, slots=True)
class DomainFacts:
    """`domain` and `registrable_domain` are A-labels. Of what can be no domain, only a suggestion may be told."""

    mail_class: MailClass
    domain: str | None = None
    unicode_domain: str | None = None
    registrable_domain: str | None = None
    suggestion: str | None = None
    country: str | None = None


def domain_facts(domains: Sequence[str], own: Mapping[str, OwnClass] | None = None) -> list[DomainFacts]:
    """Of each, in order. `domains`: in lower case; `own`: what a customer says of domains and their subdomains, as
    A-labels."""
    facts = [_facts(domain, own or {}) for domain in domains]
    # Providers are not compared: mail.com is one letter from gmail.com. Disposable ones are: gmial.com is listed.
    unknown = [n for n, one in enumerate(facts) if one.mail_class in {"company", "disposable", "malformed"}]
    near = process.cdist(
        [domains[n] for n in unknown], OFTEN_MISTYPED, scorer=OSA.distance, score_cutoff=1, processor=None
    )
    for n, distances in zip(unknown, near, strict=True):
        closest = int(distances.argmin())
        meant = OFTEN_MISTYPED[closest] if distances[closest] == 1 else _with_known_suffix(domains[n])
        if meant and domains[n] not in (own or {}):
            facts[n] = replace(facts[n], suggestion=meant)
    return facts


def a_label(domain: str) -> str | None:
    """As the mail system knows it; None where it can be no domain."""
    name = domain.removesuffix(".")
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode()
        except idna.IDNAError:
            return None
    return name if len(name) <= LONGEST_DOMAIN and _NAME.fullmatch(name) else None


def _facts(domain: str, own: Mapping[str, OwnClass]) -> DomainFacts:
    name = a_label(domain)
    if name is None:
        return DomainFacts("malformed")
    labels = name.split(".")
    parents = [".".join(labels[n:]) for n in range(len(labels))]
    if not RESERVED.isdisjoint(parents):
        return DomainFacts("reserved", name, _u_label(name), name)
    suffix = _suffixes(private=False).publicsuffix(name)
    if suffix is None:
        return DomainFacts("malformed")
    # Who has a domain below uk.com or github.io registered it there.
    registrable = _suffixes(private=True).privatesuffix(name) or name
    mail_class = _class(parents, suffix, registrable, own)
    country = None if mail_class in _OF_NOBODY else _country(suffix)
    return DomainFacts(mail_class, name, _u_label(name), registrable, None, country)


def _class(parents: Sequence[str], suffix: str, registrable: str, own: Mapping[str, OwnClass]) -> MailClass:
    for parent in parents:
        if parent in own:
            return own[parent]
    if not RELAY.isdisjoint(parents):
        return "relay"
    if not blocklist.isdisjoint(parents):
        return "disposable"
    if not FREE.isdisjoint(parents) or registrable.partition(".")[0] in FREE_NAMES:
        return "free"
    return _public_class(parents, suffix)


def _public_class(parents: Sequence[str], suffix: str) -> MailClass:
    *above, top = suffix.split(".")
    if top == "edu" or not EDUCATION_LABELS.isdisjoint(above):
        return "education"
    public = not GOVERNMENT_LABELS.isdisjoint(above) and suffix not in NOT_GOVERNMENT
    if top in {"gov", "mil"} or public or not GOVERNMENT.isdisjoint(parents):
        return "government"
    return "company"


def _country(suffix: str) -> str | None:
    if suffix in AMERICAN_SUFFIXES:
        return "US"
    top = suffix.rpartition(".")[2]
    if top in COUNTRY_OF:
        return COUNTRY_OF[top]
    return top.upper() if top.upper() in COUNTRY_CODES and top not in WITHOUT_COUNTRY else None


def _with_known_suffix(domain: str) -> str | None:
    name, _, suffix = domain.rpartition(".")
    return f"{name}.{MISTYPED_SUFFIXES[suffix]}" if name and suffix in MISTYPED_SUFFIXES else None


def _u_label(name: str) -> str:
    if "xn--" not in name:
        return name
    try:
        return idna.decode(name)
    except idna.IDNAError:
        return name


@cache
def _suffixes(*, private: bool) -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False, only_icann=not private)
