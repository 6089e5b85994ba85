"""The rules of an execution's service, read against the fields that the instance had when the extract was ordered.

Each raises `InvalidRequest` where the instance has lost a field that the rules name.
"""

from dataclasses import dataclass

from touchline.domain.leads.dedupe_rules import DedupeRules
from touchline.domain.leads.domain_rules import DomainRules, parse_domain_rules
from touchline.domain.leads.hash_rules import HashRules, parse_hash_rules
from touchline.domain.leads.rules import parse_dedupe_rules
from touchline.domain.marketo.executions import Execution
from touchline.services.marketo.execution_json import kept_fields
from touchline.services.marketo.work import Work


def dedupe_rules_of(work: Work, execution: Execution) -> DedupeRules:
    return parse_dedupe_rules(execution.service.rules, list(kept_fields(work, execution).values()))


def hash_rules_of(work: Work, execution: Execution) -> HashRules:
    return parse_hash_rules(execution.service.rules, list(kept_fields(work, execution).values()))


def domain_rules_of(work: Work, execution: Execution) -> DomainRules:
    return parse_domain_rules(execution.service.rules, list(kept_fields(work, execution).values()))


@dataclass(frozen=True, slots=True)
class MergeTerms:
    """`keys`: the fields that make two leads duplicates."""

    in_crm: bool
    keys: tuple[str, ...]


def merge_terms(work: Work, execution: Execution) -> MergeTerms:
    rules = dedupe_rules_of(work, execution)
    exact = {part.field for rule in rules.match for part in rule.fields}
    near = {near.part.field for rule in rules.match for near in rule.near}
    return MergeTerms(rules.salesforce.merge_in_crm, tuple(sorted(exact | near)))
