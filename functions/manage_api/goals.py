"""/v1/goals: what counts as a success, and how far its past is computed. Read by the scope read, changed by admin."""

from datetime import UTC, datetime
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body
from touchline.adapters.goal_body import GoalBody, goal_facts, goal_of
from touchline.domain.goals import Goal
from touchline.domain.queries.clock import first_kept, zone_named
from touchline.domain.queries.ranges import TimeRange, resolve_range
from touchline.domain.tenancy import Tenant
from touchline.errors import InvalidRange, NotFound, StoreUnavailable
from touchline.services import manage_goals
from touchline.services.goal_progress import goal_progress
from touchline.services.start_backfill import begin_backfill, cancel_backfill

from manage_api import parts
from manage_api.goal_models import (
    BackfillRequest,
    BackfillShown,
    GoalChange,
    GoalList,
    GoalShown,
    GoalVersions,
    GoalVersionShown,
)
from manage_api.routing import caller_of, new_router

TAGS = ["Goals"]

router = new_router()


@router.get("/v1/goals", tags=TAGS, summary="List the goals, oldest first")
def list_goals() -> GoalList:
    return GoalList(goals=[_shown(goal) for goal in parts.goals().of_tenant(_tenant().id)])


@router.post("/v1/goals", tags=TAGS, summary="Create a goal; its past is computed at once")
def create_goal(body: Annotated[GoalBody, Body()]) -> tuple[GoalShown, int]:
    tenant, now = _tenant(), parts.now()
    draft = manage_goals.stored_goal(goal_of(body, goal_id=parts.draw_id()), tenant)
    notes = manage_goals.notes_on(draft, parts.reports(), tenant.id, now)
    goal = manage_goals.create_goal(parts.goals(), tenant, draft, now)
    return _with_past(goal, notes), 201


@router.get("/v1/goals/<goal_id>", tags=TAGS, summary="Read a goal")
def read_goal(goal_id: str) -> GoalShown:
    return _shown(_find(goal_id))


@router.put("/v1/goals/<goal_id>", tags=TAGS, summary="Change a goal: a new version, whose past is computed at once")
def change_goal(goal_id: str, body: Annotated[GoalChange, Body()]) -> GoalShown:
    tenant, now = _tenant(), parts.now()
    before = _find(goal_id)
    draft = manage_goals.stored_goal(goal_of(body, goal_id=goal_id), tenant)
    notes = manage_goals.notes_on(draft, parts.reports(), tenant.id, now)
    goal = manage_goals.change_goal(parts.goals(), tenant, draft, body.version, now)
    return _shown(goal, notes) if goal.version == before.version else _with_past(goal, notes)


@router.delete("/v1/goals/<goal_id>", tags=TAGS, summary="Delete a goal; its conversions follow within minutes")
def delete_goal(goal_id: str) -> GoalShown:
    tenant, now = _tenant().id, parts.now()
    return _shown(manage_goals.delete_goal(parts.goals(), parts.attribution_queue(), tenant, goal_id, now))


@router.get("/v1/goals/<goal_id>/versions", tags=TAGS, summary="List a goal's versions, newest first")
def list_versions(goal_id: str) -> GoalVersions:
    found = parts.goals().versions(_tenant().id, goal_id)
    if not found:
        raise NotFound(f"There is no goal with the id {goal_id[:64]!r}.")
    return GoalVersions(versions=[GoalVersionShown(**_facts(goal)) for goal in found])


@router.get("/v1/goals/<goal_id>/backfill", tags=TAGS, summary="How far the goal's past is computed")
def read_backfill(goal_id: str) -> BackfillShown:
    found = _backfill(_find(goal_id))
    if found is None:
        raise NotFound("The goal's past was never computed.")
    return found


@router.post("/v1/goals/<goal_id>/backfill", tags=TAGS, summary="Compute the goal's past, or go on where it stopped")
def start_backfill(goal_id: str, body: Annotated[BackfillRequest, Body()]) -> tuple[BackfillShown, int]:
    goal = _find(goal_id)
    _begin(goal, _span(body))
    return read_backfill(goal_id), 202


@router.delete("/v1/goals/<goal_id>/backfill", tags=TAGS, summary="Call it off; what is computed stays")
def stop_backfill(goal_id: str) -> BackfillShown:
    cancel_backfill(parts.progress(), _tenant().id, _find(goal_id).id, parts.now())
    return read_backfill(goal_id)


def _with_past(goal: Goal, notes: list[str]) -> GoalShown:
    try:
        _begin(goal, None)
    except StoreUnavailable:
        # The goal is kept, and everything from now on is computed: a start by hand can follow.
        notes = [*notes, f"Its past could not be computed yet: POST /v1/goals/{goal.id}/backfill."]
    return _shown(goal, notes)


def _begin(goal: Goal, span: TimeRange | None) -> None:
    tenant, now, drawn = _tenant().id, parts.now(), parts.draw_id()
    begin_backfill(parts.progress(), parts.backfills(), tenant, goal, span, kept=_kept(), run=drawn, now=now)


def _kept() -> TimeRange:
    now = parts.now()
    return TimeRange(first_kept(now, parts.settings().event_retention_days), now)


def _span(body: BackfillRequest) -> TimeRange | None:
    if body.from_ is None and body.to is None:
        return None
    kept, zone = _kept(), zone_named(_tenant().time_zone)
    start = body.from_ or _moment(kept.start).isoformat()
    end = body.to or _moment(kept.end).isoformat()
    asked = resolve_range(start, end, zone)
    span = TimeRange(max(asked.start, kept.start), min(asked.end, kept.end))
    if span.start >= span.end:
        oldest = _moment(kept.start).date()
        raise InvalidRange(f"No events of that time are kept in the index; it has those since {oldest}.", field="from")
    return span


def _find(goal_id: str) -> Goal:
    return manage_goals.find_goal(parts.goals(), _tenant().id, goal_id)


def _tenant() -> Tenant:
    return caller_of(router).tenant


def _shown(goal: Goal, notes: list[str] | None = None) -> GoalShown:
    return GoalShown(**_facts(goal), backfill=_backfill(goal), notes=notes or [])


def _facts(goal: Goal) -> dict[str, Any]:
    return {
        "id": goal.id,
        "version": goal.version,
        **goal_facts(goal),
        "description": goal.describe(),
        "created_at": _moment(goal.created_at),
        "changed_at": _moment(goal.changed_at),
        "deleted": goal.state == "deleted",
    }


def _backfill(goal: Goal) -> BackfillShown | None:
    found = goal_progress(parts.progress(), _tenant().id, goal.id, parts.now())
    if found is None:
        return None
    facts = found.facts()
    times = {name: _moment(facts[name]) for name in ("from", "to", "started_at")}
    return BackfillShown(**facts | times)


def _moment(epoch_ms: int) -> datetime:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC)
