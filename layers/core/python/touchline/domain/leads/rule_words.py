"""Rules of deduplication in plain words, as the console and the plan show them."""

from collections.abc import Sequence
from typing import Final

from touchline.domain.leads.dedupe_rules import (
    SCORE_SCALE,
    DedupeRules,
    FieldGroup,
    FieldValue,
    KeyPart,
    MatchRule,
    NearPart,
    Preference,
)

PARTS: Final = {
    "exact": "{}",
    "email": "e-mail address in {}",
    "canonical_email": "mailbox in {} (without dots at Gmail, without what follows a plus)",
    "name": "name in {}",
    "given_name": "given name in {} (Bob is Robert)",
    "company": "company in {} (without its legal form)",
    "phone": "telephone number in {}",
    "domain": "domain in {}",
}
METHODS: Final = {"jaro_winkler": "Jaro-Winkler", "levenshtein": "Levenshtein"}
PREFERENCES: Final = {
    "salesforce_contact": "is a contact in Salesforce",
    "salesforce_lead": "is a lead in Salesforce",
    "email_valid": "has an e-mail address that is not known to be invalid",
    "most_engaged": "has the highest {}",
    "most_recently_updated": "has the latest {}",
    "oldest": "has the earliest {}",
    "most_complete": "has the most of {}",
    "value": "has in {} the first of {}",
}
VALUES: Final = {
    "winner": "the survivor's",
    "first_non_empty": "the first that is not empty, the survivor's before all",
    "newest": "that of the lead with the latest {}",
    "oldest": "that of the lead with the earliest {}",
    "max": "the highest",
    "min": "the lowest",
    "sum": "the sum",
    "union": "all different ones, joined by semicolons",
    "any_true": "true where it is true of any of them",
    "all_true": "true where it is true of all of them",
}
UNMERGEABLE: Final = {
    "person_account": "a person account",
    "custom_objects": "a lead with custom objects",
    "deleted_in_crm": "a lead that is deleted in the CRM",
}
PHONE_PRECISION: Final = 0.78  # measured on 5 M leads with known duplicates
DOMAIN_AND_NAME_PRECISION: Final = 0.17


def describe_dedupe_rules(rules: DedupeRules) -> list[str]:
    told = [f"Two leads are the same (rule {rule.name}) where {_match(rule)}." for rule in rules.match]
    told += _guards(rules)
    told += _exclusions(rules)
    told += [_survivor(rules)]
    told += [f"{one.field}: {_value(one)}." for one in rules.values.fields if rules.outcome.survivor_values]
    told += [_group(group) for group in rules.values.groups if rules.outcome.survivor_values]
    told += _salesforce(rules)
    told += [_outcome(rules)]
    told += _scope(rules)
    told += [f"It asks before it changes more than {rules.ask_above_share:.0%} of the list."]
    return told


def _match(rule: MatchRule) -> str:
    equal = f"{_listed([_part(part) for part in rule.fields])} {'is' if len(rule.fields) == 1 else 'are'} the same"
    near = _listed([_near(part) for part in rule.near])
    return f"{equal}, and {near}" if near else equal


def _part(part: KeyPart) -> str:
    told = PARTS[part.normaliser].format(part.field)
    if part.country_field or part.country:
        told += f" (country: {' or else '.join(filter(None, (part.country_field, part.country)))})"
    return told


def _near(near: NearPart) -> str:
    return f"{_part(near.part)} is alike to {near.at_least / SCORE_SCALE:.2f} by {METHODS[near.method]}"


def _guards(rules: DedupeRules) -> list[str]:
    guards = rules.guards
    told = [f"A value that more than {guards.key_cap} leads share is no sign, nor is a placeholder such as n/a."]
    if any(rule.near for rule in rules.match):
        told.append(f"Of more than {guards.block_cap:,} leads in one block none are compared.")
    told.append(f"Groups of more than {guards.cluster_cap} leads are listed and left alone.")
    if guards.cohesion:
        told.append(
            "A lead that shares no key with the group's first lead, and is not held by two rules, is listed "
            "and left alone."
        )
    told.append(f"Leads of different partitions are {'' if guards.across_partitions else 'never '}the same.")
    return told


def _exclusions(rules: DedupeRules) -> list[str]:
    excluded = rules.exclusions
    told = [f"{test.field} is {' or '.join(test.values)}" for test in excluded.do_not_merge]
    if excluded.ids:
        told.append(f"the id is one of {len(excluded.ids):,}")
    if excluded.domains:
        told.append(f"the address is at {_listed(excluded.domains[:5])}{' or others' if excluded.domains[5:] else ''}")
    if excluded.role_accounts:
        told.append("the address belongs to a role, as info@ does")
    return [f"Left alone where {' or '.join(told)}."] if told else []


def _survivor(rules: DedupeRules) -> str:
    survivor = rules.survivor
    order = [told_preference(one) for one in survivor.prefer]
    if survivor.keep_marked and rules.outcome.of == "mark":
        order.insert(0, "was marked as the survivor before")
    last = "where that leaves two, the group is left alone" if survivor.skip_ties else "then the lowest id"
    return f"The survivor is who, in this order, {'; '.join([*order, last])}."


def told_preference(one: Preference) -> str:
    if one.kind == "value":
        return PREFERENCES[one.kind].format(one.fields[0], ", ".join(one.values))
    return PREFERENCES[one.kind].format(", ".join(one.fields))


def _value(one: FieldValue) -> str:
    return VALUES[one.rule].format(one.by)


def _group(group: FieldGroup) -> str:
    source = {"winner": "the survivor", "first_non_empty": "the first lead that has any of them"}.get(group.take)
    source = source or f"the lead with the {'latest' if group.take == 'newest' else 'earliest'} {group.by}"
    return f"{_listed(group.fields)} are taken together, from {source}."


def _salesforce(rules: DedupeRules) -> list[str]:
    told = [
        "A contact in Salesforce survives a lead in Salesforce, and that a lead of Marketo alone; "
        "groups with two contacts are listed and left alone."
    ]
    seen = dict.fromkeys(UNMERGEABLE[one.reason] for one in rules.salesforce.unmergeable)
    if seen:
        told.append(f"So are groups with {' or '.join(seen)}.")
    if rules.salesforce.merge_in_crm:
        told.append("Salesforce merges its records, too.")
    return told


def _scope(rules: DedupeRules) -> list[str]:
    if not rules.incremental:
        return []
    days = "day" if rules.full_every_days == 1 else f"{rules.full_every_days} days"
    return [
        f"The whole list is read every {days}; in between, only leads that Marketo says were changed, and those that "
        "they share a group with."
    ]


def _outcome(rules: DedupeRules) -> str:
    outcome = rules.outcome
    merging = "duplicates are merged into their survivor, which cannot be undone"
    marking = f"leads of a group are marked in {_listed(outcome.marks.names)}"
    if outcome.of == "mark" and outcome.survivor_values:
        marking += ", and survivors are given these values"
    done = merging if outcome.of == "merge" else marking
    if outcome.kind == "preview":
        return f"Nothing is written: it shows what would happen where {done}."
    return f"{done[0].upper()}{done[1:]}."


def rule_warnings(rules: DedupeRules) -> list[str]:
    """Rules that join people who are not the same more often than a customer may think."""
    warnings = [f"Rule {rule.name}: {reason}" for rule in rules.match if (reason := _weakness(rule))]
    own = [one.field for one in rules.values.fields if one.rule != "any_true"]
    own += [name for group in rules.values.groups for name in group.fields]
    if own and not rules.outcome.survivor_values:
        warnings.append(
            f"The rules for the values of {_listed(own[:5])} have no effect where duplicates are only marked: set "
            "outcome.survivor_values, or use outcome.kind merge."
        )
    return warnings


def _weakness(rule: MatchRule) -> str | None:
    kinds = sorted(part.normaliser for part in rule.fields)
    if rule.near:
        return None if len(rule.near) > 1 else _weak_near(kinds)
    if kinds == ["phone"]:
        return (
            f"telephone numbers alone are shared by colleagues and families; of the pairs that they joined "
            f"{PHONE_PRECISION:.0%} were the same person. Add a name."
        )
    if kinds == ["domain", "name"]:
        return (
            f"a domain and one name are shared by many; of the pairs that they joined {DOMAIN_AND_NAME_PRECISION:.0%} "
            f"were the same person. Add a given name or a telephone number."
        )
    if kinds in (["name"], ["given_name"], ["company"], ["domain"], ["given_name", "name"]):
        return "different people share it, the more of them the longer the list. Add an address, company or number."
    return None


def _weak_near(kinds: Sequence[str]) -> str | None:
    if set(kinds) <= {"domain", "company", "exact"} and len(kinds) == 1:
        return "one alike value within one block joins relatives and namesakes. Compare a second field, too."
    return None


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
