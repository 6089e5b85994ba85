"""What answers about a goal's conversions say of the goal: its definition, its version, and whether all of it is in."""

from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from touchline.domain.backfills import GoalProgress
from touchline.domain.goals import Goal
from touchline.domain.queries.clock import rfc3339
from touchline.domain.queries.ranges import TimeRange
from touchline.ports import Progress
from touchline.services.goal_progress import goal_progress

# Three reads of a table, which would be most of the time of a short answer.
REMEMBERED_MS: Final = 5_000
COUNTED: Final = ("version", "parts", "parts_done", "people", "conversions", "seconds_left")


class Backfills:
    """How far the pasts of goals are; read at most once in 5 s for each goal, per container."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._remembered: dict[tuple[str, str], tuple[int, GoalProgress | None]] = {}

    def of(self, tenant: str, goal: Goal, now: int) -> GoalProgress | None:
        """None where the goal's past was never computed."""
        remembered = self._remembered.get((tenant, goal.id))
        if remembered is None or not 0 <= now - remembered[0] < REMEMBERED_MS:
            remembered = now, goal_progress(self._progress, tenant, goal.id, now)
            self._remembered[tenant, goal.id] = remembered
        return remembered[1]


def goal_facts(goal: Goal) -> dict[str, Any]:
    return {
        "id": goal.id,
        "version": goal.version,
        "name": goal.name,
        "definition": goal.describe(),
        "deleted": goal.state == "deleted",
    }


def backfill_facts(found: GoalProgress | None, zone: ZoneInfo) -> dict[str, Any] | None:
    if found is None:
        return None
    facts = found.facts()
    counted = {name: None if facts[name] is None else int(facts[name]) for name in COUNTED}
    span = TimeRange(int(facts["from"]), int(facts["to"])).describe(zone)
    return {"under_way": found.under_way, "state": found.state, **span, **counted}


def version_notes(goal: Goal, zone: ZoneInfo) -> list[str]:
    """Of a goal as `version_of_goal` gives it."""
    if goal.state == "deleted":
        return [f"The goal was deleted on {rfc3339(goal.changed_at, zone)}: its conversions are deleted, too."]
    if goal.replaced_at is None:
        return []
    replaced = rfc3339(goal.replaced_at, zone)
    return [f"Version {goal.version} was replaced on {replaced}: conversions after that are not computed for it."]


@dataclass(frozen=True, slots=True)
class Kept:
    """Conversions in a range, computed as they happened or by a backfill; all that is known of whether they are all."""

    goal: Goal
    span: TimeRange
    zone: ZoneInfo
    backfill: GoalProgress | None

    def notes(self) -> list[str]:
        return [*self._of_version(), *self._of_backfill(), *self._of_past()]

    def _of_version(self) -> list[str]:
        replaced_at = self.goal.replaced_at
        if replaced_at is not None and self.goal.state != "deleted" and self.span.end <= replaced_at:
            return []
        return version_notes(self.goal, self.zone)

    def _of_backfill(self) -> list[str]:
        found = self._own()
        if found is None or found.state == "done" or not _meet(self.span, _range_of(found)):
            return []
        parts = found.backfill.parts
        part = "" if parts is None else f": {found.parts_done:,} of {int(parts):,} parts are in"
        if found.under_way:
            return [f"The goal's past is being computed{part}. Until it is, these numbers grow."]
        return [f"The computing of the goal's past has {found.state}{part}; these numbers may be too low."]

    def _of_past(self) -> list[str]:
        """What of the range was over before the goal was there, and was not computed since."""
        goal, found = self.goal, self._own()
        end = min(self.span.end, goal.since)
        if self.span.start >= end or (goal.replaced_at is not None and found is None):
            return []  # of an earlier version it is not known any more: the latest run is kept
        if found is None:
            return [
                f"The past of this version, before {self._moment(goal.since)}, is not computed: conversions then are "
                "in only of people who did something since. POST /v1/goals/{id}/backfill computes it."
            ]
        computed = _range_of(found)
        if computed.start <= self.span.start and end <= computed.end:
            return []
        first, last = (self._moment(at) for at in (computed.start, computed.end))
        return [
            f"The goal's past is computed from {first} to {last}: of the rest before {self._moment(goal.since)} only "
            "conversions of people who did something since are in."
        ]

    def _own(self) -> GoalProgress | None:
        found = self.backfill
        return found if found is not None and int(found.backfill.version) == self.goal.version else None

    def _moment(self, at: int) -> str:
        return rfc3339(at, self.zone)


def _range_of(found: GoalProgress) -> TimeRange:
    return TimeRange(int(found.backfill.start), int(found.backfill.end))


def _meet(one: TimeRange, other: TimeRange) -> bool:
    return one.start < other.end and other.start < one.end
