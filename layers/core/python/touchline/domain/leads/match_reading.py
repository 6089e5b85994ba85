"""The part of the rules that says which leads are the same, read and checked."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, get_args

from touchline.domain.leads.countries import COUNTRY_CODES
from touchline.domain.leads.dedupe_rules import (
    SCORE_SCALE,
    TEXT,
    Exclusions,
    FieldIs,
    Guards,
    KeyPart,
    MatchRule,
    Method,
    NearPart,
    Normaliser,
)
from touchline.domain.leads.rule_reading import LeadFields, Section, read_text, refuse

NORMALISERS: Final[tuple[Normaliser, ...]] = get_args(Normaliser)
METHODS: Final[tuple[Method, ...]] = get_args(Method)
# A normaliser that is not here takes every type.
FITTING: Final[Mapping[Normaliser, frozenset[str]]] = {
    "email": TEXT | {"email"},
    "canonical_email": TEXT | {"email"},
    "name": TEXT,
    "given_name": TEXT,
    "company": TEXT,
    "phone": TEXT | {"phone"},
    "domain": TEXT | {"email", "url"},
}
USUAL: Final[Mapping[str, Normaliser]] = {"email": "email", "phone": "phone", "url": "domain"}
WORDS: Final = TEXT | {"email", "phone", "url"}  # what near matches compare
PART_KEYS: Final = ("field", "normaliser", "diacritics", "country", "country_field")
MOST_RULES: Final = 16
MOST_PARTS: Final = 8
LEAST_SCORE: Final = 0.5  # below half alike everything is
EMAIL: Final = MatchRule("email", (KeyPart("email", "email"),))


def read_match(rules: Section, fields: LeadFields) -> tuple[MatchRule, ...]:
    """The same address, where nothing is said."""
    if not rules.has("match"):
        fields.named("email", rules.place("match"))
        return (EMAIL,)
    read = tuple(_rule(item, path, fields) for item, path in rules.items("match", MOST_RULES))
    if not read:
        raise refuse(rules.place("match"), 'needs at least one rule, such as {"fields": ["email"]}.')
    return _named(read, rules.place("match"))


def _named(read: Sequence[MatchRule], path: str) -> tuple[MatchRule, ...]:
    """Rules without a name are called after their fields."""
    named: list[MatchRule] = []
    for n, rule in enumerate(read):
        taken = [one.name for one in named]
        fields = "_".join([part.field for part in rule.fields] + [one.part.field for one in rule.near])[:60]
        usual = next(name for name in (fields, *(f"{fields}_{n}" for n in range(2, 99))) if name not in taken)
        if rule.name in taken:
            raise refuse(f"{path}[{n}].name", f"{rule.name!r} is another rule's name already.")
        named.append(replace(rule, name=rule.name or usual))
    return tuple(named)


def _rule(item: object, path: str, fields: LeadFields) -> MatchRule:
    rule = Section(item, path, ("name", "fields", "near"))
    parts = tuple(_part(one, place, fields) for one, place in rule.items("fields", MOST_PARTS))
    near = tuple(_near(one, place, fields) for one, place in rule.items("near", MOST_PARTS))
    if not parts:
        reason = "names the fields that must be equal."
        if near:
            reason = "a near match compares leads within blocks only: name at least one field that must be equal."
        raise refuse(rule.place("fields"), reason)
    return MatchRule(rule.text("name") or "", parts, near)


def _part(item: object, path: str, fields: LeadFields) -> KeyPart:
    return _key_part(Section({"field": item} if isinstance(item, str) else item, path, PART_KEYS), fields)


def _near(item: object, path: str, fields: LeadFields) -> NearPart:
    near = Section(item, path, (*PART_KEYS, "method", "at_least"))
    field = fields.named(near.text("field"), near.place("field"), WORDS, "near matches compare words, in")
    at_least = near.share("at_least", 0.92)
    if at_least < LEAST_SCORE:
        raise refuse(near.place("at_least"), f"must be from {LEAST_SCORE} to 1; 0.92 is a good start.")
    usual: Normaliser = "name" if field.data_type in TEXT else "exact"
    part = _key_part(near, fields, usual)
    return NearPart(part, near.one_of("method", METHODS, "jaro_winkler"), round(at_least * SCORE_SCALE))


def _key_part(part: Section, fields: LeadFields, usual: Normaliser | None = None) -> KeyPart:
    field = fields.named(part.text("field"), part.place("field"))
    normaliser = part.one_of("normaliser", NORMALISERS, usual or USUAL.get(field.data_type, "exact"))
    fitting = FITTING.get(normaliser)
    if fitting is not None and field.data_type not in fitting:
        types = ", ".join(sorted(fitting))
        reason = f"{normaliser} does not fit {field.name}, which has the type {field.data_type}; it fits {types}."
        raise refuse(part.place("normaliser"), f"{reason} exact fits every field.")
    diacritics = part.one_of("diacritics", ("strip", "keep"), "strip")
    _only(part, "diacritics", normaliser, ("name", "given_name", "company"))
    _only(part, "country", normaliser, ("phone",))
    _only(part, "country_field", normaliser, ("phone",))
    country_field = part.text("country_field")
    if country_field is not None:
        fields.named(country_field, part.place("country_field"), TEXT, "countries are in")
    return KeyPart(field.name, normaliser, diacritics == "keep", _country(part), country_field)


def _country(part: Section) -> str | None:
    country = part.text("country")
    if country is None or country.upper() in COUNTRY_CODES:
        return country and country.upper()
    raise refuse(part.place("country"), f"{country[:64]!r} is no country's code of two letters, as US or DE are.")


def _only(part: Section, key: str, normaliser: Normaliser, fitting: tuple[Normaliser, ...]) -> None:
    if part.has(key) and normaliser not in fitting:
        raise refuse(part.place(key), f"means nothing to {normaliser}; it is for {', '.join(fitting)}.")


def read_guards(rules: Section) -> Guards:
    keys = ("key_cap", "block_cap", "cluster_cap", "cohesion", "across_partitions", "placeholders")
    guards, usual = rules.section("guards", keys), Guards()
    return Guards(
        key_cap=guards.whole("key_cap", usual.key_cap, 2, 1_000),
        block_cap=guards.whole("block_cap", usual.block_cap, 2, 5_000),
        cluster_cap=guards.whole("cluster_cap", usual.cluster_cap, 2, 1_000),
        cohesion=guards.flag("cohesion", usual.cohesion),
        across_partitions=guards.flag("across_partitions", usual.across_partitions),
        placeholders=guards.texts("placeholders"),
    )


def read_exclusions(rules: Section, fields: LeadFields) -> Exclusions:
    excluded = rules.section("exclusions", ("ids", "domains", "role_accounts", "do_not_merge"))
    return Exclusions(
        ids=tuple(sorted({_id(item, path) for item, path in excluded.items("ids", 100_000)})),
        domains=tuple(_domain(item, path) for item, path in excluded.items("domains", 10_000)),
        role_accounts=excluded.flag("role_accounts", default=True),
        do_not_merge=tuple(_field_is(item, path, fields) for item, path in excluded.items("do_not_merge", 16)),
    )


def _id(item: object, path: str) -> int:
    if isinstance(item, int) and not isinstance(item, bool) and 0 < item < 1 << 53:
        return item
    raise refuse(path, "must be the id of a lead, a whole number above 0.")


def _domain(item: object, path: str) -> str:
    domain = read_text(item, path).strip().lower().removeprefix("@").rstrip(".")
    if "." in domain and not any(sign in domain for sign in " @/"):
        return domain
    raise refuse(path, "must be a domain, as example.com is.")


def _field_is(item: Any, path: str, fields: LeadFields) -> FieldIs:
    test = Section(item, path, ("field", "values"))
    field = fields.named(test.text("field"), test.place("field"))
    values = test.texts("values") or (("true",) if field.data_type == "boolean" else ())
    if not values:
        raise refuse(test.place("values"), f"names the values of {field.name} that keep a lead from being merged.")
    return FieldIs(field.name, values)
