"""The part of the rules that says which leads are looked at, read and checked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from touchline.domain.leads.dedupe_rules import FULL_EVERY_DAYS, MatchRule, Outcome
from touchline.domain.leads.rule_reading import LeadFields, Section, refuse

LONGEST: Final = 31  # days without a full run


@dataclass(frozen=True, slots=True)
class Scope:
    closure: bool
    incremental: bool
    full_every_days: int


def read_scope(rules: Section, match: Sequence[MatchRule], outcome: Outcome, fields: LeadFields) -> Scope:
    scope = rules.section("scope", ("closure", "incremental", "full_every_days"))
    closure = scope.flag("closure", default=False)
    if closure and "email" not in fields.used:
        raise refuse(scope.place("closure"), "leads outside the list are found by their address: match by email, too.")
    incremental = scope.flag("incremental", default=False)
    if incremental and (reason := _why_not(closure, match, outcome)):
        raise refuse(scope.place("incremental"), reason)
    return Scope(closure, incremental, scope.whole("full_every_days", FULL_EVERY_DAYS, 1, LONGEST))


def _why_not(closure: bool, match: Sequence[MatchRule], outcome: Outcome) -> str | None:  # noqa: FBT001 - as it was read
    if closure:
        return (
            "leads outside the list (scope.closure) are found by the addresses of all leads on it: choose one of both."
        )
    if near := next((rule.name for rule in match if rule.near), None):
        return (
            f"rule {near} compares values that are alike. They would have to be kept in plain text from one run to the "
            "next, where equal values are kept as hashes: leave `near` out, or read the whole list each time."
        )
    if outcome.kind == "preview":
        return (
            "a preview is of the whole list. Choose the outcome mark or merge, and start an execution as a preview "
            "to see first what it would write."
        )
    return None
