"""Values that survivors may be given while their duplicates stay: the next run meets both again, and must find nothing
to change."""

from collections.abc import Iterator, Sequence

from touchline.domain.leads.dedupe_rules import MatchRule, Survivor, Values
from touchline.domain.leads.rule_reading import Section, refuse

# A value that goes the way of the time that another value is chosen by leaves that choice as it is.
SAME_WAY = {"newest": ("max", "newest"), "oldest": ("min", "oldest")}


def only_settled(rules: Section, match: Sequence[MatchRule], survivor: Survivor, values: Values) -> None:
    """For marks with values; who is merged is gone by the next run."""
    if not survivor.keep_marked:
        reason = "must be true with outcome.survivor_values: by the values that a survivor is given, the next run might"
        raise refuse(rules.place("survivor.keep_marked"), f"{reason} find another lead the better one.")
    compared = {name: rule.name for rule in match for name in _compared(rule)}
    chosen_by = {one.by: one.rule for one in values.fields} | {group.by: group.take for group in values.groups}
    for name, rule, by, path in _written(rules, values):
        if rule == "sum":
            raise refuse(path, _changes_again("sum", "max"))
        if rule == "newest" and by == "updatedAt":
            raise refuse(path, _changes_again("newest by updatedAt", "first_non_empty, another time"))
        if name in compared:
            reason = f"{name} is what the rule {compared[name]} compares: a survivor with another value may be"
            raise refuse(path, f"{reason} the duplicate of others at the next run; use winner, or outcome.kind merge.")
        if name in chosen_by and rule not in SAME_WAY[chosen_by[name]]:
            reason = (
                f"{name} is the time that other values are chosen by, so that {rule} may change them at the next run"
            )
            raise refuse(path, f"{reason}; use {SAME_WAY[chosen_by[name]][0]}, winner, or outcome.kind merge.")


def _changes_again(what: str, instead: str) -> str:
    reason = "changes the survivor again at every run, as marked duplicates stay"
    return f"{what} {reason}; use {instead}, or outcome.kind merge."


def _compared(rule: MatchRule) -> Iterator[str]:
    for part in (*rule.fields, *(near.part for near in rule.near)):
        yield part.field
        if part.country_field:
            yield part.country_field


def _written(rules: Section, values: Values) -> Iterator[tuple[str, str, str | None, str]]:
    """Field, rule, time that it goes by, and place in the rules of all that may be written."""
    for one in values.fields:
        if one.rule != "winner":
            yield one.field, one.rule, one.by, rules.place(f"values.fields.{one.field}")
    for n, group in enumerate(values.groups):
        if group.take != "winner":
            for name in group.fields:
                yield name, group.take, group.by, rules.place(f"values.groups[{n}].take")
