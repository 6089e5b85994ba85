"""Goals kept in memory."""

from touchline.domain.goals import Goal
from touchline.errors import Conflict


class MemoryGoals:
    def __init__(self) -> None:
        self._versions: dict[tuple[str, str], dict[int, Goal]] = {}

    def get(self, tenant: str, goal_id: str, version: int | None = None) -> Goal | None:
        versions = self._versions.get((tenant, goal_id), {})
        if version is not None:
            return versions.get(version)
        current = versions[max(versions)] if versions else None
        return current if current is not None and current.state == "active" else None

    def of_tenant(self, tenant: str) -> list[Goal]:
        current = [self.get(owner, goal_id) for owner, goal_id in self._versions if owner == tenant]
        return sorted((goal for goal in current if goal is not None), key=lambda goal: (goal.created_at, goal.id))

    def versions(self, tenant: str, goal_id: str) -> list[Goal]:
        versions = self._versions.get((tenant, goal_id), {})
        return [versions[number] for number in sorted(versions, reverse=True)]

    def add(self, tenant: str, goal: Goal) -> None:
        if (tenant, goal.id) in self._versions:
            raise Conflict(f"A goal with the id {goal.id!r} exists already.")
        self._versions[tenant, goal.id] = {goal.version: goal}

    def replace(self, tenant: str, goal: Goal, expected: int) -> None:
        current = self.get(tenant, goal.id)
        if current is None or current.version != expected:
            raise Conflict("The goal was changed or deleted meanwhile: read it again.", field="version")
        self._versions[tenant, goal.id][goal.version] = goal
