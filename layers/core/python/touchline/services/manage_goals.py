"""Goals of one tenant: created, changed into new versions, deleted."""

from dataclasses import replace
from typing import Final

from touchline.domain.events import normalise_action
from touchline.domain.goals import MOST_GOALS, Goal, check_goal, named_filters, same_meaning, sorted_unique
from touchline.domain.rejection import Refused
from touchline.domain.tenancy import Tenant
from touchline.errors import Conflict, InvalidRequest, NotFound
from touchline.ports import AttributionQueue, ChangedPeople, EventReports, Goals
from touchline.services.stored_filters import as_stored, check_actions

DELETED: Final = "goal deleted"
FORGOTTEN_AGAIN_SECONDS: Final = 900  # longer than people are computed at a time


def stored_goal(draft: Goal, tenant: Tenant) -> Goal:
    """A goal as a customer says it, in the words that events are stored in. Raises InvalidRequest and its kinds."""
    goal = replace(
        draft,
        criteria=tuple(as_stored(criterion, tenant) for criterion in draft.criteria),
        touch_actions=sorted_unique(_action(action) for action in draft.touch_actions),
        direct_channels=sorted_unique(draft.direct_channels),
    )
    check_goal(goal)
    return goal


def notes_on(goal: Goal, reports: EventReports, tenant: str, now: int) -> list[str]:
    """What may be a mistake of its actions. Raises UnknownAction for what looks misspelt."""
    return check_actions(reports, tenant, named_filters(goal), now)


def create_goal(goals: Goals, tenant: Tenant, draft: Goal, now: int) -> Goal:
    """`draft` with its drawn id. Raises Conflict for a name that is taken."""
    goal = replace(stored_goal(draft, tenant), version=1, created_at=now, changed_at=now, version_at=now)
    others = goals.of_tenant(tenant.id)
    if len(others) >= MOST_GOALS:
        raise Conflict(f"There are {MOST_GOALS} goals already. Delete one that is not needed any more.")
    _check_name(goal, others)
    goals.add(tenant.id, goal)
    return goal


def change_goal(goals: Goals, tenant: Tenant, draft: Goal, seen: int, now: int) -> Goal:
    """`draft` with the goal's id; `seen`: the version that it was made from. A goal that would give other conversions
    or credit is a new version; a new name alone is none."""
    current = find_goal(goals, tenant.id, draft.id)
    if current.version != seen:
        raise Conflict(
            f"The goal was changed meanwhile: its version is {current.version}, not {seen}. Read it again.",
            field="version",
        )
    goal = stored_goal(draft, tenant)
    if same_meaning(goal, current):
        changed = replace(current, name=goal.name)
    else:
        changed = replace(goal, version=current.version + 1, created_at=current.created_at, version_at=now)
    if changed == current:
        return current
    _check_name(changed, goals.of_tenant(tenant.id))
    changed = replace(changed, changed_at=now)
    goals.replace(tenant.id, changed, current.version)
    return changed


def delete_goal(goals: Goals, queue: AttributionQueue, tenant: str, goal_id: str, now: int) -> Goal:
    """Its conversions and memberships follow within minutes. Of a goal that was deleted before, that is asked for once
    more: the first time may have ended between the two."""
    deleted = _deleted(goals, tenant, goal_id)
    if deleted is None:
        current = find_goal(goals, tenant, goal_id)
        deleted = replace(current, state="deleted", changed_at=now)
        goals.replace(tenant, deleted, current.version)
    forget = ChangedPeople(tenant, [], 0, DELETED, forget_goal=goal_id)
    queue.send(forget)
    # Whoever computes people at this moment may still know the goal, and write after the first.
    queue.send(forget, seconds=FORGOTTEN_AGAIN_SECONDS)
    return deleted


def _deleted(goals: Goals, tenant: str, goal_id: str) -> Goal | None:
    latest = next(iter(goals.versions(tenant, goal_id)), None)
    return latest if latest is not None and latest.state == "deleted" else None


def find_goal(goals: Goals, tenant: str, goal_id: str) -> Goal:
    goal = goals.get(tenant, goal_id)
    if goal is None:
        raise NotFound(f"There is no goal with the id {goal_id[:64]!r}.")
    return goal


def _check_name(goal: Goal, others: list[Goal]) -> None:
    if any(other.name.casefold() == goal.name.casefold() and other.id != goal.id for other in others):
        raise Conflict(f"Another goal is named {goal.name!r}.", field="name")


def _action(text: str) -> str:
    try:
        return normalise_action(text)[0]
    except Refused as refused:
        raise InvalidRequest(refused.rejection.reason, field="touch_actions") from refused
