"""When an execution will have ended, as far as that can be known: pure arithmetic.

What its stages still take follows from its plan, grown with the leads and changes that were really found; the current
stage goes on at the speed that it had. What is over the connection's share waits for the next days.
"""

from collections.abc import Mapping
from dataclasses import replace
from math import ceil
from typing import Any, Final

from touchline.domain.marketo.bookkeeping import is_finished
from touchline.domain.marketo.executions import ENDED, STAGES, Execution
from touchline.domain.marketo.ledger import DAY_MS, day_at
from touchline.domain.marketo.stage_times import grown

# Nobody knows when a person agrees.
OPEN_ENDED: Final = (*ENDED, "stopping", "awaiting_approval")


def estimated(execution: Execution, now: int) -> Execution:
    return replace(execution, progress=replace(execution.progress, estimated_end=estimated_end(execution, now)))


def estimated_end(execution: Execution, now: int) -> int | None:
    """Epoch ms: neither before `now` nor before what it waits for is over. None where nothing is known."""
    if execution.state in OPEN_ENDED or "seconds_by_stage" not in execution.plan:
        return None
    since = now if execution.waiting is None else max(now, execution.waiting.until)
    at = STAGES.index(execution.progress.stage)
    left = _left_of_stage(execution) + sum(1000 * _expected(execution, stage) for stage in STAGES[at + 1 :])
    return max(since + ceil(left), _day_of_the_last(execution, since))


def _left_of_stage(execution: Execution) -> float:
    """In ms."""
    progress = execution.progress
    took = progress.took.get(progress.stage, 0)
    if is_finished(execution, progress.stage):
        return 0
    whole = 1000 * _expected(execution, progress.stage)
    if not (progress.of and progress.done):
        return max(0.0, whole - took)
    at_its_speed = took * max(0, progress.of - progress.done) / progress.done
    # Merges come after everything else that is written, one by one.
    return max(at_its_speed, whole * _open_share(execution)) if _merges(execution) else at_its_speed


def _expected(execution: Execution, stage: str) -> float:
    """In seconds, of the whole stage."""
    planned: Mapping[str, int] = execution.plan["seconds_by_stage"]
    return planned.get(stage, 0) * _grown(execution, stage)


def _grown(execution: Execution, stage: str) -> float:
    """Compared with what the plan took for granted."""
    plan, progress = execution.plan, execution.progress
    extract = _ratio(progress.leads, plan.get("leads"))
    if plan.get("merges"):
        changes = _ratio(execution.results.get("groups"), plan["merges"])
    else:
        changes = _ratio(progress.changes, plan.get("changes"))
    return grown(stage, extract or 1.0, extract or 1.0 if changes is None else changes)


def _ratio(found: Any, planned: Any) -> float | None:
    return None if found is None or not planned else found / planned


def _day_of_the_last(execution: Execution, since: int) -> int:
    """When the first of a day's share is free that its last calls and bytes need, at the earliest (epoch ms)."""
    days = ceil(max(_days_of_calls(execution), _days_of_bytes(execution)))
    return since if days < 2 else day_at(since).resets_at + (days - 2) * DAY_MS


def _days_of_calls(execution: Execution) -> float:
    plan, at = execution.plan, STAGES.index(execution.progress.stage)
    calls: Mapping[str, int] = plan["calls_by_stage"]
    left = sum(
        calls.get(stage, 0) * _grown(execution, stage) * (_open_share(execution) if place == 0 else 1)
        for place, stage in enumerate(STAGES[at:])
    )
    return float(left / plan["calls"] * plan["share_of_calls"]) if plan["calls"] else 0.0


def _days_of_bytes(execution: Execution) -> float:
    at, download = STAGES.index(execution.progress.stage), STAGES.index("download")
    if at > download:
        return 0.0
    left = _open_share(execution) if at == download else 1.0
    return float(execution.plan["share_of_bytes"] * _grown(execution, "download") * left)


def _open_share(execution: Execution) -> float:
    """Of the current stage, what is still to be done."""
    progress = execution.progress
    if is_finished(execution, progress.stage):
        return 0.0
    if not progress.of:
        return 1.0
    return min(1.0, max(0, progress.of - progress.done) / (_merges(execution) or progress.of))


def _merges(execution: Execution) -> int:
    """Groups that the current stage merges."""
    merges = execution.plan.get("merges") and execution.progress.stage == "write_back"
    return int(execution.results.get("groups", 0)) if merges else 0
