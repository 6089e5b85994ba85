"""Drives a stage: steps it while there is time, keeps what each step came to, and says what follows.

Of all runs that may be at work on an execution, one holds it at a time: a run that was stopped, resumed or killed never
works beside its successor. What a step found is kept even where somebody marked the execution meanwhile; then the mark
stays, and the run ends.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from touchline.domain.marketo.bookkeeping import (
    MOST_BACKS,
    back_off,
    failed_once_more,
    holds,
    is_finished,
    is_held,
    released,
    run_of,
    stepped,
    taken_up,
    troubled,
)
from touchline.domain.marketo.estimating import estimated
from touchline.domain.marketo.executions import ENDED, Execution, Problem, Stage, Usage
from touchline.domain.marketo.steps import Again, Ask, Back, Done, Spread, Step, Wait
from touchline.errors import Conflict, MarketoLimitReached, Permanent, Transient
from touchline.services.marketo.work import Work, checkpoint_of, connection_of, log_line

type Perform = Callable[[Work, Execution], Step]
Status = Literal["done", "again", "wait", "back", "spread", "failed", "asked", "ended"]

LONG_SECONDS: Final = 600  # a wait that others are told of
HELD_SECONDS: Final = 5  # what is held by another run is looked at again


@dataclass(frozen=True, slots=True)
class Run:
    """A run of the state machine, as its input names it."""

    tenant: str
    execution: str
    attempt: int
    name: str

    @classmethod
    def told(cls, facts: Mapping[str, Any]) -> "Run":
        return cls(facts["tenant"], facts["execution"], facts["attempt"], facts["run"])


@dataclass(frozen=True, slots=True)
class Time:
    """`left`: seconds until the function has to be done; `used`: what Marketo was asked since that was last called."""

    left: Callable[[], float]
    used: Callable[[], Usage] = Usage


@dataclass(frozen=True, slots=True)
class Answer:
    status: Status
    seconds: int = 0  # how long the machine waits
    execution: Execution | None = None
    items: Sequence[Mapping[str, Any]] = ()  # what is done first, many at once

    def told(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        run = {name: value for name, value in facts.items() if name != "items"}
        return {**run, "status": self.status, "seconds": self.seconds, "items": [{**run, **one} for one in self.items]}


def run_stage(work: Work, run: Run, stage: Stage, perform: Perform, time: Time) -> Answer:
    """Raises `StoreUnavailable` where not even that can be kept. What a step raises otherwise is a bug, and raised."""
    execution = work.executions.get(run.tenant, run.execution)
    ready = _ready(work, run, stage, execution)
    if isinstance(ready, Answer):
        return ready
    held = _keep(work, run, ready, lambda now: taken_up(now, stage, run.name, work.clock(), work.waits.hold * 1000))
    if held is None:
        return Answer("ended")
    if not checkpoint_of(held, stage):
        log_line(work, held, stage, "begins", attempt=run.attempt)
    return _steps(work, run, stage, perform, time, held)


def _ready(work: Work, run: Run, stage: Stage, execution: Execution | None) -> Execution | Answer:
    if execution is None or execution.attempt != run.attempt or execution.state in {*ENDED, "stopping"}:
        return Answer("ended")
    if execution.state == "awaiting_approval":
        return Answer("asked")
    if is_finished(execution, stage):
        return Answer("done")
    if is_held(execution, run.name, work.clock()):
        return Answer("wait", min(HELD_SECONDS, work.waits.longest))
    return execution


def _steps(work: Work, run: Run, stage: Stage, perform: Perform, time: Time, execution: Execution) -> Answer:
    while True:
        step = _performed(work, stage, perform, execution)
        last = not isinstance(step, Again) or time.left() <= 0
        kept = _note(work, run, stage, step, time, execution, last=last)
        if kept is None or _is_others(run, kept):
            return Answer("ended")
        if last:
            return _answer(work, stage, step, kept, before=run_of(execution).get("waiting_for"))
        execution = kept


def _performed(work: Work, stage: Stage, perform: Perform, execution: Execution) -> Step | Problem:
    checkpoint = checkpoint_of(execution, stage)
    try:
        return perform(work, execution)
    except MarketoLimitReached as error:
        return Wait(checkpoint, str(error), error.limit, error.until)
    except Transient as error:
        waits = work.waits
        seconds = back_off(execution, waits.unavailable_first, waits.unavailable_longest)
        return Wait(checkpoint, str(error), error.code, work.clock() + seconds * 1000)
    except Permanent as error:
        return Problem(stage, error.code, str(error))


def _note(
    work: Work, run: Run, stage: Stage, step: Step | Problem, time: Time, execution: Execution, *, last: bool
) -> Execution | None:
    used, now = time.used(), work.clock()

    def noted(current: Execution) -> Execution:
        if isinstance(step, Problem):
            return released(troubled(current, step))
        if isinstance(step, Wait) and step.code in {"marketo_unavailable", "store_unavailable"}:
            current = failed_once_more(current)
        after = estimated(stepped(current, stage, step, used, now), now)
        if last or _is_others(run, after):
            return released(after)
        return taken_up(after, stage, run.name, now, work.waits.hold * 1000)

    return _keep(work, run, execution, noted)


def _is_others(run: Run, execution: Execution) -> bool:
    """Somebody marked it meanwhile: another run closes it, or goes on in place of this one."""
    return execution.state == "stopping" or execution.attempt != run.attempt


def _keep(work: Work, run: Run, execution: Execution, change: Callable[[Execution], Execution]) -> Execution | None:
    """None where it is not ours any more. What somebody marked meanwhile is kept beside what we found."""
    while True:
        kept = replace(change(execution), revision=execution.revision + 1)
        try:
            work.executions.replace(kept)
        except Conflict:
            current = work.executions.get(run.tenant, run.execution)
            if current is None or not (holds(execution, run.name) and holds(current, run.name)):
                return None
            execution = current
        else:
            return kept


def _answer(work: Work, stage: Stage, step: Step | Problem, kept: Execution, *, before: str | None) -> Answer:
    match step:
        case Done():
            log_line(work, kept, stage, "is done")
            return Answer("done", execution=kept)
        case Again():
            return Answer("again", execution=kept)
        case Spread():
            log_line(work, kept, stage, "is divided", items=len(step.items))
            return Answer("spread", execution=kept, items=step.items)
        case Wait():
            return _waits(work, stage, step, kept, first=step.code != before)
        case Ask():
            work.ledger.release(kept.tenant, connection_of(work, kept), kept.id)  # it may take days
            log_line(work, kept, stage, "asks for approval", reason=step.reason)
            work.notices.tell(kept.tenant, "execution.awaiting_approval", facts_of(kept) | {"reason": step.reason})
            return Answer("asked", execution=kept)
        case Back():
            log_line(work, kept, stage, "begins the export anew", reason=step.reason, code=step.code)
            return Answer("back" if run_of(kept)["backs"] <= MOST_BACKS else "failed", execution=kept)
        case Problem():
            log_line(work, kept, stage, "failed", code=step.code, reason=step.message)
            return Answer("failed", execution=kept)


def _waits(work: Work, stage: Stage, step: Wait, kept: Execution, *, first: bool) -> Answer:
    """`first`: of the waits in a row for the same; the others are that wait, looked at again."""
    seconds = max(1, -(-(step.until - work.clock()) // 1000))
    if first:
        log_line(work, kept, stage, "waits", reason=step.reason, code=step.code, until=step.until)
    if first and seconds >= LONG_SECONDS:
        facts = {"reason": step.reason, "code": step.code, "until": step.until}
        work.notices.tell(kept.tenant, "execution.waiting", facts_of(kept) | facts)
    return Answer("wait", min(seconds, work.waits.longest), kept)


def facts_of(execution: Execution) -> dict[str, Any]:
    return {"execution": execution.id, "service": execution.service.id, "kind": execution.service.kind}
