"""The goal that a question names."""

from typing import Final

from touchline.domain.goals import Goal
from touchline.errors import UnknownGoal
from touchline.ports import Goals

MOST_TOLD: Final = 10


def named_goal(goals: Goals, tenant: str, goal_id: str, version: int | None, field: str) -> Goal:
    """The current version unless one is named. Raises UnknownGoal, which says which there are."""
    goal = goals.get(tenant, goal_id, version)
    if goal is not None:
        return goal
    if version is not None and (versions := goals.versions(tenant, goal_id)):
        known = ", ".join(str(one.version) for one in versions)
        raise UnknownGoal(f"The goal {goal_id[:64]!r} has no version {version}. Versions: {known}.", field=field)
    known = ", ".join(f"{one.id} ({one.name})" for one in goals.of_tenant(tenant)[:MOST_TOLD])
    raise UnknownGoal(f"No goal has the id {goal_id[:64]!r}. Goals: {known or 'none yet'}.", field=field)
