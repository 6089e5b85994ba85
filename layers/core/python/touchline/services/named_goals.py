"""The goal that a question names."""

from dataclasses import replace
from typing import Final

from touchline.domain.goals import Goal
from touchline.errors import UnknownGoal
from touchline.ports import Goals

MOST_TOLD: Final = 10


def named_goal(goals: Goals, tenant: str, goal_id: str, version: int | None, field: str) -> Goal:
    """The current version unless one is named. Raises UnknownGoal, which says which there are."""
    goal = goals.get(tenant, goal_id) if version is None else version_of_goal(goals, tenant, goal_id, version)
    if goal is not None:
        return goal
    if version is not None and (versions := goals.versions(tenant, goal_id)):
        known = ", ".join(str(one.version) for one in versions)
        raise UnknownGoal(f"The goal {goal_id[:64]!r} has no version {version}. Versions: {known}.", field=field)
    known = ", ".join(f"{one.id} ({one.name})" for one in goals.of_tenant(tenant)[:MOST_TOLD])
    raise UnknownGoal(f"No goal has the id {goal_id[:64]!r}. Goals: {known or 'none yet'}.", field=field)


def version_of_goal(goals: Goals, tenant: str, goal_id: str, version: int) -> Goal | None:
    """With what became of it: replaced by a later one, or deleted with all of them."""
    versions = goals.versions(tenant, goal_id)
    goal = next((one for one in versions if one.version == version), None)
    if goal is None or goal is versions[0]:
        return goal
    if versions[0].state == "deleted":
        goal = replace(goal, state="deleted", changed_at=versions[0].changed_at)
    return replace(goal, replaced_at=min(one.since for one in versions if one.version > version))
