"""The part of the rules that says what values survivors get, read and checked."""

from collections.abc import Mapping
from typing import Final, get_args

from touchline.domain.leads.dedupe_rules import (
    BOOLEAN,
    CONSENT_FIELDS,
    NUMBERS,
    TEXT,
    TIMES,
    FieldGroup,
    FieldValue,
    Take,
    ValueRule,
    Values,
)
from touchline.domain.leads.rule_reading import LeadFields, Section, refuse

VALUE_RULES: Final[tuple[ValueRule, ...]] = get_args(ValueRule)
TAKES: Final[tuple[Take, ...]] = get_args(Take)
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
