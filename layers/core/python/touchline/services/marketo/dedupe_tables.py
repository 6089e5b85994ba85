"""Tables that the phases of a deduplication hand on, by name, and what a finished one comes to."""

from typing import Any, Final

from touchline.domain.leads.decisions import Decision
from touchline.domain.leads.groups import Groups
from touchline.domain.leads.links import Joined
from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.steps import Done, News
from touchline.services.marketo.execution_tables import read_table, write_table
from touchline.services.marketo.rules_of import dedupe_rules_of
from touchline.services.marketo.work import Work

MEMBERS: Final = "groups/members.parquet"
STOPPED: Final = "rows/quarantine-of-groups.parquet"
TABLES: Final = ("changes", "merges", "quarantine")


def keep_joined(work: Work, execution: Execution, number: int, joined: Joined) -> None:
    write_table(work, execution, f"edges/links-{number:05}.parquet", joined.links)
    write_table(work, execution, f"edges/generic-{number:05}.parquet", joined.generic)


def kept_joined(work: Work, execution: Execution, number: int) -> Joined:
    return Joined(
        read_table(work, execution, f"edges/links-{number:05}.parquet"),
        read_table(work, execution, f"edges/generic-{number:05}.parquet"),
    )


def keep_groups(work: Work, execution: Execution, groups: Groups) -> None:
    write_table(work, execution, MEMBERS, groups.members)
    write_table(work, execution, STOPPED, groups.quarantine)


def kept_groups(work: Work, execution: Execution) -> Groups:
    return Groups(read_table(work, execution, MEMBERS), read_table(work, execution, STOPPED))


def finished(work: Work, execution: Execution, decision: Decision, leads: int) -> Done:
    """`leads`: on the list."""
    for kind in TABLES:
        write_table(work, execution, f"{kind}/part-00000.parquet", getattr(decision, kind))
    rules = dedupe_rules_of(work, execution)
    changed = decision.changes["id"].n_unique()
    touched = max(changed, decision.duplicates + decision.groups)  # merges write to leads that no row of changes names
    touched = touched if rules.outcome.kind == "merge" else changed
    results: dict[str, Any] = {
        "groups": decision.groups,
        "duplicates": decision.duplicates,
        "quarantined": decision.quarantine.height,
    }
    kept = {
        "leads": leads,
        "changed_leads": touched,
        "writes": rules.outcome.kind != "preview" and touched > 0,
        "outcome": rules.outcome.kind,
        "ask_above_share": rules.ask_above_share,
    }
    return Done(kept, News(leads=leads, changes=changed, results=results))
