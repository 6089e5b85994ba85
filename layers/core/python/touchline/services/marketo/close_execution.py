"""An execution's end: nothing of it goes on at Marketo, what it reserved is free, and whoever listens is told."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final, Literal

from touchline.domain.marketo.bookkeeping import RUN, is_finished, is_held, released, run_of, troubled
from touchline.domain.marketo.executions import ENDED, Execution, Problem
from touchline.errors import Conflict, MarketoRefused, NotFound, Transient
from touchline.services.marketo.run_stage import HELD_SECONDS, Answer, Run, facts_of
from touchline.services.marketo.work import Work, log_line, marketo_of

End = Literal["completed", "stopped", "failed"]
KEPT_TRYING_MS: Final = 3_600_000  # so long an export that cannot be called off keeps an execution from ending


def close_execution(work: Work, run: Run, end: End, cause: str | None = None) -> Answer:
    """Any number of times. `cause`: the name of the error that ended a function without a word of its own."""
    try:
        return _close(work, run, end, cause)
    except Conflict:
        return Answer("wait", 1)  # somebody marked it in this moment: it is looked at anew


def _close(work: Work, run: Run, end: End, cause: str | None) -> Answer:
    execution = work.executions.get(run.tenant, run.execution)
    if execution is None or execution.attempt != run.attempt:
        return Answer("ended")
    if execution.state in ENDED:
        return _tell(work, execution)
    if is_held(execution, run.name, work.clock()):
        return Answer("wait", min(HELD_SECONDS, work.waits.longest))
    if execution.state == "stopping":
        end = "stopped"  # whatever its last step came to
    try:
        left_over = _call_off(work, execution) if end != "completed" else None
    except Transient as error:
        if _may_try_again(work, execution):
            return _later(work, execution)
        left_over = Problem(execution.progress.stage, error.code, f"Its export could not be called off: {error}")
    return _tell(work, _ended(work, execution, end, cause, left_over))


def _call_off(work: Work, execution: Execution) -> Problem | None:
    """An export that is done stays: a resumed execution reads it."""
    if is_finished(execution, "download") or not any(True for _ in _jobs(execution)):
        return None
    try:
        marketo = marketo_of(work, execution)
        for job in _jobs(execution):
            marketo.cancel_export(job["kind"], job["id"])
            log_line(work, execution, execution.progress.stage, "calls its export off", job=job["id"])
    except (MarketoRefused, NotFound) as error:
        return Problem(execution.progress.stage, error.code, f"Its export could not be called off: {error}")
    return None


def _jobs(execution: Execution) -> Iterator[dict[str, Any]]:
    """That Marketo may still be at work on."""
    if is_finished(execution, "poll"):
        return
    latest = execution.checkpoints.get("poll") or execution.checkpoints.get("export") or {}
    yield from (job for job in latest.get("jobs", []) if job.get("id") and job.get("state") != "Completed")


def _may_try_again(work: Work, execution: Execution) -> bool:
    since = run_of(execution).get("closing_since")
    return since is None or work.clock() - since < KEPT_TRYING_MS


def _later(work: Work, execution: Execution) -> Answer:
    if "closing_since" not in run_of(execution):
        run = {**run_of(execution), "closing_since": work.clock()}
        _replace(work, replace(execution, checkpoints={**execution.checkpoints, RUN: run}))
    return Answer("wait", min(work.waits.unavailable_first, work.waits.longest))


def _ended(work: Work, execution: Execution, end: End, cause: str | None, left_over: Problem | None) -> Execution:
    stage = execution.progress.stage
    if cause is not None and end == "failed":
        execution = troubled(execution, Problem(stage, "function_failed", f"The function of the stage ended: {cause}."))
    if left_over is not None:
        execution = troubled(execution, left_over)
    if (connection := work.connections.get(execution.tenant, execution.service.connection)) is not None:
        work.ledger.release(execution.tenant, connection, execution.id)
    ended = replace(released(execution), state=end, waiting=None, ended_at=work.clock())
    ended = replace(ended, progress=replace(ended.progress, estimated_end=None))
    log_line(work, ended, stage, end, **({"cause": cause} if cause else {}))
    return _replace(work, ended)


def _tell(work: Work, execution: Execution) -> Answer:
    """At least once: who was cut off before saying so says it again."""
    if run_of(execution).get("told") != [execution.state, execution.attempt]:
        facts = facts_of(execution) | {"results": dict(execution.results), "problems": len(execution.problems)}
        work.notices.tell(execution.tenant, f"execution.{execution.state}", facts)
        run = {**run_of(execution), "told": [execution.state, execution.attempt]}
        execution = _replace(work, replace(execution, checkpoints={**execution.checkpoints, RUN: run}))
    return Answer("failed" if execution.state == "failed" else "done", execution=execution)


def _replace(work: Work, execution: Execution) -> Execution:
    kept = replace(execution, revision=execution.revision + 1)
    work.executions.replace(kept)
    return kept
