"""Executions begun, stopped, resumed and approved. Each is a mark on the execution, and then a run of the machine.

Every one may be asked for twice: runs of the machine have names of their own, and what is marked already is not marked
again. So whoever was cut off in the middle asks once more.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from touchline.domain.marketo.bookkeeping import RUN, run_of
from touchline.domain.marketo.executions import ENDED, Execution
from touchline.errors import Conflict
from touchline.marketo_ports import Executions
from touchline.ports import Workflows


def run_name(execution: Execution) -> str:
    return f"{execution.id}-{execution.attempt}"


def run_facts(execution: Execution, *, close: str | None = None) -> dict[str, Any]:
    """What the machine is started with. `close`: the run does nothing but clean up, and says this end."""
    run = run_name(execution) if close is None else f"{run_name(execution)}-{close}"
    facts: dict[str, Any] = {
        "tenant": execution.tenant,
        "execution": execution.id,
        "attempt": execution.attempt,
        "run": run,
    }
    return facts if close is None else {**facts, "close": close}


def start_execution(
    executions: Executions, workflows: Workflows, execution: Execution, undone: Execution | None = None
) -> Execution:
    """Raises `Conflict` where the service has one that has not ended; but one that the same request began, and was cut
    off before it said so, is started and given in place of this one. `undone` is replaced in the same moment."""
    try:
        executions.begin(execution, undone)
    except Conflict:
        earlier = executions.under_way(execution.tenant, execution.service.id)
        if earlier is None or execution.asked_by is None or earlier.asked_by != execution.asked_by:
            raise
        execution = earlier
    workflows.start(run_name(execution), run_facts(execution))
    return execution


def stop_execution(executions: Executions, workflows: Workflows, execution: Execution) -> Execution:
    """What it is at is finished or left out, its export is called off, what it reserved is free. Raises `Conflict`
    where it has ended.

    The run that is under way sees the mark before its next step. Another run cleans up, once nobody works on it.
    """
    if execution.state in ENDED:
        raise Conflict(f"There is nothing to stop: the execution is {execution.state}.")
    if execution.state != "stopping":
        execution = _kept(executions, replace(execution, state="stopping"))
    facts = run_facts(execution, close="stopped")
    workflows.start(facts["run"], facts)
    return execution


def resume_execution(executions: Executions, workflows: Workflows, execution: Execution) -> Execution:
    """Goes on from its checkpoints in a new run: where it stopped or failed, at once where it waits, and in place of a
    run that is at work or was ended from outside, as soon as that one holds it no more. Raises `Conflict`."""
    if execution.state not in {"stopped", "failed", "waiting", "queued", "running"}:
        raise Conflict(f"There is nothing to resume: the execution is {execution.state}. {_ADVICE[execution.state]}")
    if execution.undone_by is not None:
        undoing = f"The execution {execution.undone_by} takes its changes back"
        raise Conflict(f"There is nothing to resume: {undoing}. Run the service again.")
    if execution.state != "queued":
        execution = _kept(executions, _another_attempt(execution))
    workflows.start(run_name(execution), run_facts(execution))
    return execution


def approve_execution(executions: Executions, workflows: Workflows, execution: Execution, now: int) -> Execution:
    """What waits for a person's agreement goes on. Raises `Conflict`."""
    approved = "approved_at" in execution.checkpoints.get("approve", {})
    if execution.state == "awaiting_approval":
        attempt = _another_attempt(execution)
        checkpoints = {**attempt.checkpoints, "approve": {**_approval(execution), "approved_at": now}}
        execution = _kept(executions, replace(attempt, checkpoints=checkpoints))
    elif not (approved and execution.state == "queued"):
        raise Conflict(f"There is nothing to approve: the execution is {execution.state}.")
    workflows.start(run_name(execution), run_facts(execution))
    return execution


_ADVICE = {
    "awaiting_approval": "Approve it, or stop it.",
    "stopping": "Ask again when it has stopped.",
    "completed": "Run the service again.",
}


def _approval(execution: Execution) -> Mapping[str, Any]:
    return execution.checkpoints.get("approve", {})


def _another_attempt(execution: Execution) -> Execution:
    """Of what the earlier run noted for itself only that it holds the execution counts, if it does. What is still to
    be used is reserved anew: an end frees it, and so does the end of the day."""
    held = {name: kept for name, kept in run_of(execution).items() if name in {"holder", "until"}}
    checkpoints = {name: kept for name, kept in execution.checkpoints.items() if name != "reserve"} | {RUN: held}
    return replace(
        execution,
        state="queued",
        attempt=execution.attempt + 1,
        waiting=None,
        ended_at=None,
        checkpoints=checkpoints,
    )


def _kept(executions: Executions, execution: Execution) -> Execution:
    kept = replace(execution, revision=execution.revision + 1)
    executions.replace(kept)
    return kept
