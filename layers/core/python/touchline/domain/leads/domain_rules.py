"""Rules of telling mail domains: which facts of an address's domain are written to which fields.

Nothing here needs more than the standard library, so that who only checks rules loads no data frames.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from touchline.domain.leads.hash_rules import SOURCE_TYPES, STRING_LENGTH, TARGET_TYPES, WithoutAddress
from touchline.domain.leads.rule_reading import LeadFields, Section, refuse
from touchline.domain.marketo.api import LeadField

VERSION: Final = 1
MOST_OWN_DOMAINS: Final = 10_000

MailClass = Literal["company", "free", "disposable", "relay", "education", "government", "reserved", "malformed"]
Fact = Literal["class", "domain", "unicode_domain", "registrable_domain", "role", "suggestion", "country"]
OwnClass = Literal["company", "free", "disposable", "relay", "education", "government"]
BOOLEAN: Final = "boolean"


@dataclass(frozen=True, slots=True)
class FactWords:
    words: str
    field: str  # where the customer names none
    display_name: str
    data_type: str = "string"


FACTS: Final[Mapping[Fact, FactWords]] = {
    "class": FactWords(f"the class of the domain: {', '.join(get_args(MailClass))}", "emailDomainClass", "Email Class"),
    "domain": FactWords("the domain, in ASCII as the mail system knows it", "emailDomain", "Email Domain"),
    "unicode_domain": FactWords("the domain as people read it", "emailDomainUnicode", "Email Domain Unicode"),
    "registrable_domain": FactWords(
        "the part of the domain that somebody registered, without subdomains",
        "emailCompanyDomain",
        "Email Company Domain",
    ),
    "role": FactWords("whether it is a task's mailbox, such as info or sales", "emailIsRole", "Email Is Role", BOOLEAN),
    "suggestion": FactWords(
        "the domain that was meant, where it looks mistyped", "emailDomainMeant", "Email Domain Meant"
    ),
    "country": FactWords(
        "the country of the domain as its ISO code, where its suffix belongs to one",
        "emailDomainCountry",
        "Email Domain Country",
    ),
}
USUAL: Final[tuple[Fact, ...]] = ("class", "registrable_domain")


@dataclass(frozen=True, slots=True)
class FactTarget:
    fact: Fact
    field: str
    boolean: bool = False


@dataclass(frozen=True, slots=True)
class DomainRules:
    """`own`: the customer's own classes, by domain; they hold for subdomains as well, and before all lists."""

    source: str
    targets: tuple[FactTarget, ...]
    own: Mapping[str, OwnClass] = field(default_factory=dict)
    without_address: WithoutAddress = "clear"


def parse_domain_rules(raw: Mapping[str, object], fields: Sequence[LeadField]) -> DomainRules:
    """`fields`: of the instance. `{}` tells class and company's domain of `email`, in fields named as `FACTS` says.

    Raises `InvalidRequest` whose `field` is the place, as `rules.targets[0].field`.
    """
    rules = Section(raw, "rules", ("version", "source", "targets", "own", "without_address"))
    rules.whole("version", VERSION, VERSION, VERSION)
    known = LeadFields(fields)
    source = known.named(rules.text("source") or "email", rules.place("source"), SOURCE_TYPES, "addresses are in")
    targets: list[FactTarget] = []
    for target, path in _targets(rules, known):
        if target.field == source.name:
            raise refuse(path, f"{target.field} is what is looked at: name another field.")
        if target.field in {other.field for other in targets}:
            raise refuse(path, f"{target.field} is the target of another fact already.")
        targets.append(target)
    without = rules.one_of("without_address", get_args(WithoutAddress), "clear")
    return DomainRules(source.name, tuple(targets), _own(rules), without)


def _targets(rules: Section, known: LeadFields) -> Iterator[tuple[FactTarget, str]]:
    """Each with the place of its field."""
    items: list[tuple[Any, str]] = list(rules.items("targets", len(FACTS)))
    if rules.has("targets") and not items:
        raise refuse(rules.place("targets"), "names nothing to write: give at least one fact and its field.")
    usual = [({"fact": fact}, rules.place(f"targets[{n}]")) for n, fact in enumerate(USUAL)]
    for item, path in items or usual:
        section = Section(item, path, ("fact", "field"))
        fact = section.one_of("fact", tuple(FACTS), "class")
        place = section.place("field")
        types = TARGET_TYPES | {BOOLEAN} if fact == "role" else TARGET_TYPES
        written = known.written(section.text("field") or FACTS[fact].field, place, types, "this fact is written to")
        yield FactTarget(fact, written.name, written.data_type == BOOLEAN), place


def _own(rules: Section) -> dict[str, OwnClass]:
    section = rules.section("own", get_args(OwnClass))
    own: dict[str, OwnClass] = {}
    for name in get_args(OwnClass):
        for text, path in section.items(name, MOST_OWN_DOMAINS):
            domain = text.strip().lower().removeprefix("@") if isinstance(text, str) else ""
            if not re.fullmatch(r"[^@\s.]+(\.[^@\s.]+)+", domain):
                raise refuse(path, "must be a domain, as example.com is.")
            if own.get(domain, name) != name:
                raise refuse(path, f"{domain} is {own[domain]} already.")
            own[domain] = name
    return own


def fields_to_create(raw: Mapping[str, object], fields: Sequence[LeadField]) -> list[LeadField]:
    """Targets that the instance does not have yet. `raw` may be wrong elsewhere: that is said when it is parsed."""
    there = {field.name for field in fields}
    items = raw.get("targets") or [{"fact": fact} for fact in USUAL]
    wanted: dict[str, LeadField] = {}
    for item in items if isinstance(items, Sequence) else []:
        given = item if isinstance(item, Mapping) else {"fact": None}
        for fact, words in FACTS.items():
            name = given.get("field") or words.field
            if fact == given.get("fact", "class") and isinstance(name, str) and name not in there:
                length = STRING_LENGTH if words.data_type == "string" else None
                wanted[name] = LeadField(name, words.display_name, words.data_type, length)
    return list(wanted.values())


def needed_fields(rules: DomainRules) -> list[str]:
    """The columns that an extract needs, `id` first."""
    return ["id", rules.source, *(target.field for target in rules.targets)]


def describe_domain_rules(rules: DomainRules) -> list[str]:
    words = [
        f"{target.field} gets {FACTS[target.fact].words}, of the address in {rules.source}." for target in rules.targets
    ]
    for name in get_args(OwnClass):
        if domains := [domain for domain, own in rules.own.items() if own == name]:
            more = f" and {len(domains) - 5:,} more" if len(domains) > 5 else ""
            words.append(f"{', '.join(domains[:5])}{more}, with subdomains, are {name}, whatever the lists say.")
    gone = "their fields are cleared" if rules.without_address == "clear" else "their fields stay as they are"
    return [*words, f"Leads without an address have no domain: {gone}."]
