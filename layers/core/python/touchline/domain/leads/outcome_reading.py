"""The part of the rules that says who survives, with what values, and what is done, read and checked."""

from collections.abc import Mapping
from typing import Final, get_args

from touchline.domain.leads.dedupe_rules import (
    CONSENT_FIELDS,
    FieldGroup,
    FieldValue,
    Marks,
    Of,
    Outcome,
    OutcomeKind,
    Preference,
    PreferenceKind,
    Salesforce,
    Survivor,
    Take,
    Unmergeable,
    ValueRule,
    Values,
)
from touchline.domain.leads.match_reading import TEXT
from touchline.domain.leads.rule_reading import LeadFields, Section, refuse
from touchline.domain.marketo.api import LeadField

NUMBERS: Final = frozenset({"integer", "float", "currency", "percent", "score"})
TIMES: Final = frozenset({"date", "datetime"})
BOOLEAN: Final = frozenset({"boolean"})
PREFERENCES: Final[tuple[PreferenceKind, ...]] = get_args(PreferenceKind)
VALUE_RULES: Final[tuple[ValueRule, ...]] = get_args(ValueRule)
TAKES: Final[tuple[Take, ...]] = get_args(Take)
OFS: Final[tuple[Of, ...]] = get_args(Of)
OUTCOMES: Final[tuple[OutcomeKind, ...]] = get_args(OutcomeKind)
# A rule that is not here takes every type.
RULE_TYPES: Final[Mapping[ValueRule, frozenset[str]]] = {
    "max": NUMBERS | TIMES,
    "min": NUMBERS | TIMES,
    "sum": NUMBERS,
    "union": TEXT,
    "any_true": BOOLEAN,
    "all_true": BOOLEAN,
}
USUAL_TIME: Final[Mapping[str, str]] = {"newest": "updatedAt", "oldest": "createdAt"}
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
OWN_FIELD: Final[Mapping[PreferenceKind, frozenset[str]]] = {
    "most_engaged": NUMBERS,
    "most_recently_updated": TIMES,
    "oldest": TIMES,
}
SALESFORCE_FIELDS: Final = ("sfdcType", "sfdcContactId", "sfdcLeadId")
# Fields that instances have under these names, where they have them.
KNOWN_UNMERGEABLE: Final = (
    Unmergeable("person_account", "sfdcIsPersonAccount", ("true",)),
    Unmergeable("person_account", "isPersonAccount", ("true",)),
    Unmergeable("deleted_in_crm", "sfdcIsDeleted", ("true",)),
    Unmergeable("custom_objects", "hasCustomObjects", ("true",)),
)
UNMERGEABLE_REASONS: Final = ("person_account", "custom_objects", "deleted_in_crm")
MARK_TYPES: Final = {
    "group": frozenset({"integer", "string"}),
    "survivor": frozenset({"integer", "string"}),
    "duplicate": frozenset({"boolean"}),
    "rule": frozenset({"string", "text"}),
}


def read_survivor(rules: Section, fields: LeadFields) -> Survivor:
    survivor = rules.section("survivor", ("prefer", "skip_ties", "keep_marked"))
    if survivor.has("prefer"):
        prefer = tuple(_preference(item, path, fields) for item, path in survivor.items("prefer", 16))
    else:
        prefer = tuple(_usual(kind, fields) for kind in PREFERENCES if fields.has(*_needs(kind)))
    return Survivor(prefer, survivor.flag("skip_ties", default=False), survivor.flag("keep_marked", default=True))


def _needs(kind: PreferenceKind) -> tuple[str, ...]:
    """Without these fields a preference says nothing."""
    return ("email",) if kind in ("email_valid", "most_complete") else LOOKS_AT.get(kind, ("",))


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


def read_values(rules: Section, fields: LeadFields) -> Values:
    """Consent flags are `any_true` unless they are named: who objected once is not written to again."""
    values = rules.section("values", ("fields", "groups"))
    given = [_field_value(name, item, place, fields) for name, item, place in values.pairs("fields")]
    groups = tuple(_group(item, path, fields) for item, path in values.items("groups", 32))
    _once(values, given, groups)
    named = {one.field for one in given} | {name for group in groups for name in group.fields}
    for flag in CONSENT_FIELDS:
        if flag not in named and fields.has(flag):
            fields.use(flag)
            given.append(FieldValue(flag, "any_true"))
    return Values(tuple(given), groups)


def _field_value(name: str, item: object, place: str, fields: LeadFields) -> FieldValue:
    value = Section({"rule": item} if isinstance(item, str) else item, place, ("rule", "by"))
    field = fields.written(name, place)
    if not value.has("rule"):
        raise refuse(value.place("rule"), f"names the rule: {', '.join(VALUE_RULES)}.")
    rule = value.one_of("rule", VALUE_RULES, "winner")
    types = RULE_TYPES.get(rule)
    if types is not None and field.data_type not in types:
        fitting = [one for one in VALUE_RULES if field.data_type in RULE_TYPES.get(one, {field.data_type})]
        reason = f"{rule} does not fit {name}, which has the type {field.data_type}."
        raise refuse(value.place("rule"), f"{reason} {', '.join(fitting)} do.")
    return FieldValue(name, rule, _by(value, rule, fields))


def _group(item: object, path: str, fields: LeadFields) -> FieldGroup:
    group = Section(item, path, ("fields", "take", "by"))
    names = tuple(fields.written(one, place).name for one, place in group.items("fields", 64))
    if len(names) < 2:
        raise refuse(group.place("fields"), "lists two fields or more that are taken together from one lead.")
    take = group.one_of("take", TAKES, "winner")
    return FieldGroup(names, take, _by(group, take, fields))


def _by(value: Section, rule: str, fields: LeadFields) -> str | None:
    if rule not in USUAL_TIME:
        if value.has("by"):
            raise refuse(value.place("by"), f"means nothing to {rule}; it is for newest and oldest.")
        return None
    return fields.named(value.text("by") or USUAL_TIME[rule], value.place("by"), TIMES, "newest and oldest go by").name


def _once(values: Section, given: list[FieldValue], groups: tuple[FieldGroup, ...]) -> None:
    seen = {one.field for one in given}
    for n, group in enumerate(groups):
        for name in group.fields:
            if name in seen:
                raise refuse(f"{values.place('groups')}[{n}].fields", f"{name} has another rule already.")
            seen.add(name)


def read_salesforce(rules: Section, fields: LeadFields) -> Salesforce:
    section = rules.section("salesforce", ("merge_in_crm", "unmergeable"))
    for name in SALESFORCE_FIELDS:
        if fields.has(name):
            fields.use(name)
    if section.has("unmergeable"):
        given = tuple(_unmergeable(item, path, fields) for item, path in section.items("unmergeable", 16))
    else:
        given = tuple(one for one in KNOWN_UNMERGEABLE if fields.has(one.field))
        for one in given:
            fields.use(one.field)
    return Salesforce(section.flag("merge_in_crm", default=False), given)


def _unmergeable(item: object, path: str, fields: LeadFields) -> Unmergeable:
    test = Section(item, path, ("field", "values", "reason"))
    field = fields.named(test.text("field"), test.place("field"))
    values = test.texts("values") or ("true",)
    return Unmergeable(test.one_of("reason", UNMERGEABLE_REASONS, "custom_objects"), field.name, values)


def read_outcome(rules: Section, values: Values, fields: LeadFields) -> Outcome:
    section = rules.section("outcome", ("kind", "of", "marks", "survivor_values"))
    kind = section.one_of("kind", OUTCOMES, "mark")
    if kind != "preview" and section.has("of"):
        raise refuse(section.place("of"), "says what a preview shows; it is for outcome.kind preview.")
    of: Of = section.one_of("of", OFS, "mark") if kind == "preview" else kind
    if of == "merge":
        if section.has("survivor_values") and not section.flag("survivor_values", default=True):
            raise refuse(section.place("survivor_values"), "a merge always writes the survivor's values first.")
        return Outcome(kind, of, survivor_values=True)
    marks = _marks(section, fields, needed=kind == "mark")
    with_values = section.flag("survivor_values", default=False)
    if with_values:
        _only_settled(rules, values)
    return Outcome(kind, of, marks, with_values)


def _only_settled(rules: Section, values: Values) -> None:
    """Duplicates that stay are met again by the next run, which must find nothing to change."""
    reason = "changes the survivor again at every run, as marked duplicates stay; use"
    for one in values.fields:
        path = rules.place(f"values.fields.{one.field}")
        if one.rule == "sum":
            raise refuse(path, f"sum {reason} max, or outcome.kind merge.")
        if one.rule == "newest" and one.by == "updatedAt":
            raise refuse(path, f"newest by updatedAt {reason} first_non_empty, another time, or outcome.kind merge.")
    for n, group in enumerate(values.groups):
        if group.take == "newest" and group.by == "updatedAt":
            path = rules.place(f"values.groups[{n}].take")
            raise refuse(path, f"newest by updatedAt {reason} winner, another time, or outcome.kind merge.")


def _marks(section: Section, fields: LeadFields, *, needed: bool) -> Marks:
    """A preview does without the fields."""
    given = section.section("marks", tuple(MARK_TYPES))
    usual = Marks()
    names: dict[str, str] = {}
    for key, types in MARK_TYPES.items():
        name = given.text(key) or getattr(usual, key)
        if name in names.values():
            raise refuse(given.place(key), f"{name} holds another mark already.")
        names[key] = name
        if not fields.has(name):
            if not needed:
                continue
            reason = f"marks are written to a field {name}, which this instance does not have; let it be created"
            raise refuse(given.place(key), f"{reason}, name another, or use outcome.kind preview or merge.")
        fields.written(name, given.place(key), types, "this mark goes into")
    return Marks(**names)


def fields_for_marks(marks: Mapping[str, object]) -> list[LeadField]:
    """What to create, by the names that `outcome.marks` gives."""
    usual = Marks()
    titles = {
        "group": ("Duplicate Group", "integer"),
        "survivor": ("Survivor Of Duplicates", "integer"),
        "duplicate": ("Is Duplicate", "boolean"),
        "rule": ("Duplicate By Rule", "string"),
    }
    return [
        LeadField(str(marks.get(key) or getattr(usual, key)), f"TL {title}", data_type, 255 if key == "rule" else None)
        for key, (title, data_type) in titles.items()
    ]
