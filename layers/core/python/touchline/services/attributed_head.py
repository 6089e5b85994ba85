"""What answers about a goal's conversions say of the goal: its definition, its version, and whether all of it is in."""

from typing import Any, Final

from touchline.domain.goals import Goal
from touchline.ports import Progress

# What may not have been looked for yet where a backfill goes on.
GOING_ON: Final = frozenset({"planning", "running", "cancelling"})


def goal_facts(goal: Goal) -> dict[str, Any]:
    return {
        "id": goal.id,
        "version": goal.version,
        "name": goal.name,
        "definition": goal.describe(),
        "deleted": goal.state == "deleted",
    }


def backfill_facts(progress: Progress, tenant: str, goal: Goal) -> dict[str, Any] | None:
    """How far the latest computing of past conversions is; None where none was ever begun."""
    found = progress.get(f"backfill#{tenant}", goal.id)
    if not found:
        return None
    state = str(found.get("state", ""))
    return {
        "under_way": state in GOING_ON,
        "state": state,
        **{name: int(found[name]) for name in ("version", "done", "of") if found.get(name) is not None},
    }


def backfill_notes(backfill: dict[str, Any] | None, goal: Goal) -> list[str]:
    if backfill is None or not backfill["under_way"] or backfill.get("version", goal.version) != goal.version:
        return []
    part = f": {backfill['done']} of {backfill['of']} parts are in" if "of" in backfill else ""
    return [f"The goal's past is still being looked through{part}. Until it is, these numbers grow."]
