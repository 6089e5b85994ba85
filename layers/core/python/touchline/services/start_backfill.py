"""The computation of a goal's past, begun and called off by people."""

from dataclasses import replace

from touchline.domain.backfills import Backfill
from touchline.domain.goals import Goal
from touchline.domain.queries.ranges import TimeRange
from touchline.errors import Conflict, NotFound, StoreUnavailable
from touchline.ports import Progress, Workflows
from touchline.services.goal_progress import call_off, goal_progress, keep_backfill


def begin_backfill(
    progress: Progress,
    workflows: Workflows,
    tenant: str,
    goal: Goal,
    span: TimeRange | None,
    *,
    kept: TimeRange,
    run: str,
    now: int,
) -> Backfill:
    """Of the range `span`, or where it is None of what failed or was called off, else of all that is `kept`.

    What failed or was called off of the same version and range is gone on with; else it is a new run (`run`: a drawn
    id), which takes the place of one of another version. Raises Conflict while the version is being computed, and
    StoreUnavailable.
    """
    wanted = span or kept
    backfill = Backfill(run, goal.id, goal.version, wanted.start, wanted.end, "running", now, now)
    found = goal_progress(progress, tenant, goal.id, now)
    if found is not None and found.backfill.version == goal.version:
        if found.under_way:
            raise Conflict("The goal's past is being computed already. Call that off first, or wait for its end.")
        before = found.backfill
        if found.state != "done" and span in {None, TimeRange(before.start, before.end)}:
            backfill = before.again(now)
    keep_backfill(progress, tenant, backfill)
    facts = {"tenant": tenant, "goal": goal.id, "run": backfill.run, "attempt": backfill.attempt}
    try:
        workflows.start(f"{backfill.run}-{backfill.attempt}", facts)
    except StoreUnavailable as error:
        keep_backfill(progress, tenant, replace(backfill, state="failed", reason=f"not started: {error}"))
        raise
    return backfill


def cancel_backfill(progress: Progress, tenant: str, goal_id: str, now: int) -> None:
    """Its parts stop after the people that they are at; what is computed stays. Raises NotFound, Conflict."""
    found = goal_progress(progress, tenant, goal_id, now)
    if found is None:
        raise NotFound("The goal's past was never computed.")
    if not found.under_way:
        raise Conflict(f"Nothing is under way: the computation is {found.state}.")
    call_off(progress, tenant, found.backfill, now)
