"""The part of the rules that says who survives, read and checked."""

from collections.abc import Mapping
from typing import Final, get_args

from touchline.domain.leads.dedupe_rules import NUMBERS, TIMES, Preference, PreferenceKind, Survivor
from touchline.domain.leads.rule_reading import LeadFields, Section, refuse

PREFERENCES: Final[tuple[PreferenceKind, ...]] = get_args(PreferenceKind)
# What a preference looks at unless it is told, and what it can look at.
LOOKS_AT: Final[Mapping[PreferenceKind, tuple[str, ...]]] = {
    "salesforce_contact": ("sfdcContactId",),
    "salesforce_lead": ("sfdcLeadId",),
    "email_valid": ("email", "emailInvalid"),
    "most_engaged": ("leadScore",),
    "most_recently_updated": ("updatedAt",),
    "oldest": ("createdAt",),
    "most_complete": ("email", "firstName", "lastName", "company", "phone", "title", "country"),
}
# Unless rules say otherwise. Not who is most complete: between times to the second it decides nearly never, and the
# columns that it looks at are a quarter of an extract.
USUAL: Final[tuple[PreferenceKind, ...]] = tuple(kind for kind in PREFERENCES if kind != "most_complete")
OWN_FIELD: Final[Mapping[PreferenceKind, frozenset[str]]] = {
    "most_engaged": NUMBERS,
    "most_recently_updated": TIMES,
    "oldest": TIMES,
}


def read_survivor(rules: Section, fields: LeadFields) -> Survivor:
    survivor = rules.section("survivor", ("prefer", "skip_ties", "keep_marked"))
    if survivor.has("prefer"):
        prefer = tuple(_preference(item, path, fields) for item, path in survivor.items("prefer", 16))
    else:
        prefer = tuple(_usual(kind, fields) for kind in USUAL if fields.has(*_needs(kind)))
    return Survivor(prefer, survivor.flag("skip_ties", default=False), survivor.flag("keep_marked", default=True))


def _needs(kind: PreferenceKind) -> tuple[str, ...]:
    """Without these fields a preference says nothing."""
    return ("email",) if kind == "email_valid" else LOOKS_AT.get(kind, ("",))


def _usual(kind: PreferenceKind, fields: LeadFields) -> Preference:
    there = tuple(name for name in LOOKS_AT[kind] if fields.has(name))
    for name in there:
        fields.use(name)
    return Preference(kind, there)


def _preference(item: object, path: str, fields: LeadFields) -> Preference:
    test = Section({"prefer": item} if isinstance(item, str) else item, path, ("prefer", "field", "fields", "values"))
    if not test.has("prefer"):
        raise refuse(test.place("prefer"), f"names the preference: {', '.join(PREFERENCES)}.")
    kind = test.one_of("prefer", PREFERENCES, "oldest")
    if kind == "value":
        field = fields.named(test.text("field"), test.place("field"))
        values = test.texts("values")
        if not values:
            raise refuse(test.place("values"), f"lists the values of {field.name} that are preferred, the best first.")
        return Preference(kind, (field.name,), values)
    if kind == "most_complete" and test.has("fields"):
        return Preference(kind, tuple(fields.named(one, place).name for one, place in test.items("fields", 200)))
    if test.has("field"):
        if kind not in OWN_FIELD:
            raise refuse(test.place("field"), f"{kind} does not take a field; {', '.join((*OWN_FIELD, 'value'))} do.")
        own = fields.named(test.text("field"), test.place("field"), OWN_FIELD[kind], f"{kind} goes by")
        return Preference(kind, (own.name,))
    for name in _needs(kind):
        fields.named(name, path)
    return _usual(kind, fields)
