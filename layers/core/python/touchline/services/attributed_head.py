"""What answers about a goal's conversions say of the goal: its definition, its version, and whether all of it is in."""

from typing import Any, Final

from touchline.domain.goals import Goal
from touchline.ports import Progress
from touchline.services.goal_progress import goal_progress

# Three reads of a table, which would be most of the time of a short answer.
REMEMBERED_MS: Final = 5_000
COUNTED: Final = ("version", "parts", "parts_done", "people", "conversions", "seconds_left")


class Backfills:
    """How far the pasts of goals are; read at most once in 5 s for each goal, per container."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._remembered: dict[tuple[str, str], tuple[int, dict[str, Any] | None]] = {}

    def of(self, tenant: str, goal: Goal, now: int) -> dict[str, Any] | None:
        """None where the goal's past was never computed."""
        remembered = self._remembered.get((tenant, goal.id))
        if remembered is None or not 0 <= now - remembered[0] < REMEMBERED_MS:
            remembered = now, self._read(tenant, goal, now)
            self._remembered[tenant, goal.id] = remembered
        return remembered[1]

    def _read(self, tenant: str, goal: Goal, now: int) -> dict[str, Any] | None:
        found = goal_progress(self._progress, tenant, goal.id, now)
        if found is None:
            return None
        facts = found.facts()
        counted = {name: None if facts[name] is None else int(facts[name]) for name in COUNTED}
        return {"under_way": found.under_way, "state": found.state, **counted}


def goal_facts(goal: Goal) -> dict[str, Any]:
    return {
        "id": goal.id,
        "version": goal.version,
        "name": goal.name,
        "definition": goal.describe(),
        "deleted": goal.state == "deleted",
    }


def backfill_notes(backfill: dict[str, Any] | None, goal: Goal) -> list[str]:
    """Nothing where the past of another version is being computed."""
    if backfill is None or backfill["version"] != goal.version or backfill["state"] == "done":
        return []
    part = "" if backfill["parts"] is None else f": {backfill['parts_done']:,} of {backfill['parts']:,} parts are in"
    if backfill["under_way"]:
        return [f"The goal's past is being computed{part}. Until it is, these numbers grow."]
    return [f"The computing of the goal's past has {backfill['state']}{part}; these numbers may be too low."]
