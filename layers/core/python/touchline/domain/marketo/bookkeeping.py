"""An execution after a step: what is kept of it, what people see, and whose turn it is. Pure: times come in.

Beside the stages' own checkpoints there is one named `run`, which the driver keeps for itself: who works on the
execution and until when at the latest, how often in a row Marketo did not answer, how often the export was begun anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from touchline.domain.marketo.executions import (
    STAGES,
    Execution,
    Problem,
    Stage,
    Usage,
    Waiting,
)
from touchline.domain.marketo.steps import Again, Ask, Back, Done, News, Spread, Step, Wait

MOST_PROBLEMS: Final = 100
MOST_BACKS: Final = 3
RUN: Final = "run"
COUNTED: Final = "counted"  # of the run: until when the time that its stage takes is counted
# Waits that say nothing of how long a stage takes.
STANDSTILLS: Final = ("daily_calls", "daily_bytes", "marketo_unavailable", "store_unavailable")
WENT_ON: Final[Mapping[str, Any]] = {"failures": 0, "waiting_since": None, "waiting_for": None}


def run_of(execution: Execution) -> Mapping[str, Any]:
    return execution.checkpoints.get(RUN, {})


def is_finished(execution: Execution, stage: Stage) -> bool:
    return bool(execution.checkpoints.get(stage, {}).get("finished"))


def is_held(execution: Execution, run: str, now: int) -> bool:
    """Whether another run may be at work on it."""
    holder = run_of(execution).get("holder")
    return holder not in {None, run} and run_of(execution)["until"] > now


def holds(execution: Execution, run: str) -> bool:
    return run_of(execution).get("holder") == run


def taken_up(execution: Execution, stage: Stage, run: str, now: int, hold_ms: int) -> Execution:
    began = execution.progress.stage == stage and COUNTED in run_of(execution)
    progress = execution.progress if began else replace(execution.progress, stage=stage, done=0, of=None)
    stood_still = execution.waiting is not None and execution.waiting.code in STANDSTILLS
    facts = {"holder": run, "until": now + hold_ms} | ({} if began and not stood_still else {COUNTED: now})
    return replace(
        _with_run(execution, facts),
        state="running",
        waiting=None,
        progress=progress,
        started_at=execution.started_at or now,
    )


def released(execution: Execution) -> Execution:
    return _with_run(execution, {"holder": None, "until": 0})


def stepped(execution: Execution, stage: Stage, step: Step, used: Usage, now: int) -> Execution:
    """`Back` forgets the stages from the export on; all others keep what they have."""
    execution = replace(execution, usage=Usage(execution.usage.calls + used.calls, execution.usage.bytes + used.bytes))
    execution = _counted(execution, stage, now)
    match step:
        case Back():
            return _begun_anew(execution, stage, step)
        case Done():
            execution = _with_checkpoint(execution, stage, {**step.checkpoint, "finished": True})
            execution = _with_run(execution, WENT_ON)
        case Again() | Spread():
            execution = _with_checkpoint(execution, stage, step.checkpoint)
            execution = _with_run(execution, WENT_ON)
        case Wait():
            execution = _waiting(_with_checkpoint(execution, stage, step.checkpoint), step, now)
        case Ask():
            execution = replace(
                _with_checkpoint(execution, stage, step.checkpoint), state=_unless_stopping(execution, "asks")
            )
    return _told(execution, step.news)


def troubled(execution: Execution, problem: Problem) -> Execution:
    """The same problem is told once."""
    if problem in execution.problems:
        return execution
    return replace(execution, problems=(*execution.problems, problem)[:MOST_PROBLEMS])


def failed_once_more(execution: Execution) -> Execution:
    """Marketo did not answer."""
    return _with_run(execution, {"failures": run_of(execution).get("failures", 0) + 1})


def back_off(execution: Execution, first: int, longest: int) -> int:
    """In seconds: twice as long after each failure in a row."""
    doublings: int = min(run_of(execution).get("failures", 0), 20)
    return min(longest, first * (1 << doublings))


def _begun_anew(execution: Execution, stage: Stage, step: Back) -> Execution:
    forgotten: Sequence[str] = STAGES[STAGES.index("export") : STAGES.index(stage) + 1]
    kept = {name: value for name, value in execution.checkpoints.items() if name not in forgotten}
    took = {name: ms for name, ms in execution.progress.took.items() if name not in forgotten}
    backs = run_of(execution).get("backs", 0) + 1
    progress = replace(execution.progress, took=took)
    execution = _with_run(replace(execution, checkpoints=kept, progress=progress), {"backs": backs})
    return troubled(execution, Problem(stage, step.code, step.reason)) if step.is_problem else execution


def _waiting(execution: Execution, step: Wait, now: int) -> Execution:
    since = run_of(execution).get("waiting_since") or now
    return replace(
        _with_run(execution, {"waiting_since": since, "waiting_for": step.code}),
        state=_unless_stopping(execution, "waits"),
        waiting=Waiting(step.reason, step.code, step.until),
    )


def _unless_stopping(execution: Execution, what: str) -> Any:
    """A mark that somebody set meanwhile stays: asked to stop, or to go on in another run."""
    if execution.state in {"stopping", "queued"}:
        return execution.state
    return "waiting" if what == "waits" else "awaiting_approval"


def _counted(execution: Execution, stage: Stage, now: int) -> Execution:
    """What the stage took since that was last counted; whoever was replaced by another run counts no more."""
    if COUNTED not in run_of(execution):
        return execution
    took = execution.progress.took
    more = max(0, now - run_of(execution)[COUNTED])
    progress = replace(execution.progress, took={**took, stage: took.get(stage, 0) + more})
    return _with_run(replace(execution, progress=progress), {COUNTED: now})


def _told(execution: Execution, news: News) -> Execution:
    before = execution.progress
    progress = replace(
        before,
        leads=before.leads if news.leads is None else news.leads,
        done=before.done if news.done is None else news.done,
        of=before.of if news.of is None else news.of,
        changes=before.changes if news.changes is None else news.changes,
    )
    execution = replace(execution, progress=progress, results={**execution.results, **news.results})
    for problem in news.problems:
        execution = troubled(execution, problem)
    return execution


def _with_checkpoint(execution: Execution, stage: Stage, checkpoint: Mapping[str, Any]) -> Execution:
    return replace(execution, checkpoints={**execution.checkpoints, stage: checkpoint})


def _with_run(execution: Execution, facts: Mapping[str, Any]) -> Execution:
    return replace(execution, checkpoints={**execution.checkpoints, RUN: {**run_of(execution), **facts}})
