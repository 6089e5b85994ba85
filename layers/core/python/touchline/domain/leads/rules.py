"""Rules of deduplication: read from JSON, told in words, and what they need of an instance.

Nothing here needs more than the standard library, so that who only checks rules loads no data frames.
"""

from collections.abc import Mapping, Sequence

from touchline.domain.leads.dedupe_rules import VERSION, DedupeRules
from touchline.domain.leads.match_reading import read_exclusions, read_guards, read_match
from touchline.domain.leads.outcome_reading import fields_for_marks, read_outcome, read_salesforce
from touchline.domain.leads.rule_reading import LeadFields, Section
from touchline.domain.leads.rule_words import describe_dedupe_rules, rule_warnings
from touchline.domain.leads.scope_reading import read_scope
from touchline.domain.leads.settled_values import only_settled
from touchline.domain.leads.survivor_reading import read_survivor
from touchline.domain.leads.value_reading import read_values
from touchline.domain.marketo.api import LeadField

KEYS = (
    "version",
    "scope",
    "match",
    "guards",
    "exclusions",
    "survivor",
    "values",
    "salesforce",
    "outcome",
    "ask_above_share",
)
PARTITION = "leadPartitionId"


def parse_dedupe_rules(raw: Mapping[str, object], fields: Sequence[LeadField]) -> DedupeRules:
    """`fields`: of the instance. `{}` is a good set of rules: the same address, the usual survivor, marks.

    Raises `InvalidRequest` whose `field` is the place, as `rules.match[0].fields[1].normaliser`; the message has the
    reason and what would work.
    """
    rules = Section(raw, "rules", KEYS)
    rules.whole("version", VERSION, VERSION, VERSION)
    known = LeadFields(fields)
    for name in ("id", "updatedAt"):
        known.named(name, "rules")  # every instance has them
    match = read_match(rules, known)
    guards = read_guards(rules)
    if not guards.across_partitions and known.has(PARTITION):
        known.use(PARTITION)
    exclusions = read_exclusions(rules, known)
    if exclusions.role_accounts or exclusions.domains:
        known.named("email", rules.place("exclusions"))
    survivor = read_survivor(rules, known)
    salesforce = read_salesforce(rules, known)
    for_values = LeadFields(fields)
    values = read_values(rules, for_values)
    outcome = read_outcome(rules, known)
    if outcome.of == "mark" and outcome.survivor_values:
        only_settled(rules, match, survivor, values)
    scope = read_scope(rules, match, outcome, known)
    used = known.used | (for_values.used if outcome.survivor_values else {})
    return DedupeRules(
        match=match,
        guards=guards,
        exclusions=exclusions,
        survivor=survivor,
        values=values,
        salesforce=salesforce,
        outcome=outcome,
        closure=scope.closure,
        incremental=scope.incremental,
        full_every_days=scope.full_every_days,
        ask_above_share=rules.share("ask_above_share", 0.3),
        types=dict(sorted(used.items())),
    )


def needed_fields(rules: DedupeRules) -> list[str]:
    """The columns that an extract needs, `id` first."""
    return ["id", *(name for name in sorted(rules.types) if name != "id")]


def fields_to_create(raw: Mapping[str, object], fields: Sequence[LeadField]) -> list[LeadField]:
    """Fields for marks that the instance does not have yet. `raw` may be wrong elsewhere: that is said when it is
    parsed."""
    outcome = raw.get("outcome") or {}
    if not isinstance(outcome, Mapping) or outcome.get("kind", "mark") != "mark":
        return []
    marks = outcome.get("marks") or {}
    there = {field.name for field in fields}
    return [one for one in fields_for_marks(marks if isinstance(marks, Mapping) else {}) if one.name not in there]


__all__ = [
    "DedupeRules",
    "describe_dedupe_rules",
    "fields_to_create",
    "needed_fields",
    "parse_dedupe_rules",
    "rule_warnings",
]
