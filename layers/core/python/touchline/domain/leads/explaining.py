"""Why a lead was changed, merged or left alone, in words, from the rows that a decision left; and when to ask first.

Needs no data frames, so that who only answers questions loads none.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from touchline.domain.leads.dedupe_rules import DedupeRules

type Row = Mapping[str, Any]


def explain_lead(lead: int, changes: Iterable[Row], merges: Iterable[Row], quarantine: Iterable[Row]) -> list[str]:
    """`changes`, `merges`, `quarantine`: rows of the decision's tables, all or those of the lead."""
    told = [_merged(lead, row) for row in merges if lead in (row["winner"], row["loser"])]
    told += [_changed(row) for row in changes if row["id"] == lead]
    told += [_left(row) for row in quarantine if row["id"] == lead]
    return told or [f"Lead {lead} was not changed: no other lead is the same by these rules, or it is as it should be."]


def _merged(lead: int, row: Row) -> str:
    if row["loser"] == lead:
        return f"Merged into lead {row['winner']}: {row['reason']} (key {row['key']})."
    return f"Lead {row['loser']} is merged into it: {row['reason']} (key {row['key']})."


def _changed(row: Row) -> str:
    key = f" (key {row['key']})" if row["key"] else ""
    return f"{row['field']} changes from {_shown(row['before'])} to {_shown(row['after'])}: {row['reason']}{key}."


def _left(row: Row) -> str:
    group = f" of group {row['group']}" if row["group"] is not None else ""
    return f"Left alone{group} by guard {row['guard']}: {row['reason']}."


def _shown(value: str | None) -> str:
    return "nothing" if value is None else f'"{value}"'


def reason_to_ask(rules: DedupeRules, changed: int, leads: int) -> str | None:
    """Why a person is asked before anything is written; None where that is not needed. `changed`, `leads`: how many
    leads would be changed or merged away, of how many."""
    if rules.outcome.kind == "preview" or changed <= rules.ask_above_share * leads:
        return None
    return (
        f"{changed:,} of {leads:,} leads would change, {changed / leads:.0%}; "
        f"the rules ask above {rules.ask_above_share:.0%}."
    )
