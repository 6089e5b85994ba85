"""An answer is worked on: taken by one worker, which tells that it is alive until it is done, stopped or gone."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from threading import Event, Thread
from typing import Any, Final, Literal

from touchline.domain.answers import Answer, done, failed, heard, put_back, taken
from touchline.errors import Cancelled, Conflict, Permanent, StoreUnavailable, TakesTooLong, TouchlineError
from touchline.services.answer_later import Desk, result_key
from touchline.services.sources import Work

BEAT_SECONDS: Final = 2.0
# What became of the job. busy: another worker is at it. again: it must come again.
Outcome = Literal["done", "failed", "cancelled", "busy", "again"]
BUG: Final[Mapping[str, Any]] = {"code": "internal_error", "status": 500, "detail": "Something failed on our side."}


@dataclass(slots=True)
class Shift:
    """One worker's time: `worker` names it, `now` is its clock (epoch ms), and it ends at `until`."""

    worker: str
    now: Callable[[], int]
    until: int
    alive: Callable[[], None] = lambda: None  # called at each beat: keeps the job from coming to another worker
    beat_seconds: float = BEAT_SECONDS


@dataclass(slots=True)
class Watched:
    """A `Work` whose asker may call it off, and that must end in time."""

    shift: Shift
    done: int = 0
    of: int = 0
    stopped: Event = field(default_factory=Event)

    def reach(self, done: int, of: int) -> None:
        self.done, self.of = done, of
        if self.stopped.is_set():
            raise Cancelled("The answer was called off.")
        if self.shift.now() >= self.shift.until:
            raise TakesTooLong(
                "The answer was not done in the longest time there is: ask for a smaller range or fewer values."
            )


def work_on_answer(
    desk: Desk, tenant: str, answer_id: str, shift: Shift, solve: Callable[[Answer, Work], bytes]
) -> Outcome:
    """Raises what is a bug, after the answer was told to have failed."""
    kept = desk.answers.get(tenant, answer_id)
    if kept is None or kept.is_over:
        return "done"
    mine = taken(kept, shift.worker, shift.now())
    if mine is None:
        return "busy"
    try:
        desk.answers.replace(mine)
    except Conflict:
        return "busy"
    if mine.state != "working":
        return "failed"
    return _solved(desk, mine, shift, solve)


def _solved(desk: Desk, mine: Answer, shift: Shift, solve: Callable[[Answer, Work], bytes]) -> Outcome:
    work = Watched(shift)
    try:
        with _beating(desk, mine, work):
            size = desk.results.put(result_key(mine), BytesIO(solve(mine, work)))
    except Cancelled:
        return "cancelled"
    except TouchlineError as error:
        ended = failed if isinstance(error, Permanent) else put_back
        return _end(desk, mine, partial(ended, problem=_problem(error), now=shift.now()))
    except Exception:
        _end(desk, mine, partial(failed, problem=BUG, now=shift.now()))
        raise
    return _end(desk, mine, partial(done, size=size, now=shift.now(), of=work.of))


def _end(desk: Desk, mine: Answer, end: Callable[[Answer], Answer]) -> Outcome:
    """The last word, if the answer is still this worker's."""
    latest = desk.answers.get(mine.tenant, mine.id)
    if latest is None or (latest.state, latest.worker) != ("working", mine.worker):
        return "cancelled"
    ended = end(latest)
    try:
        desk.answers.replace(ended)
    except Conflict:
        return "cancelled"
    return "again" if ended.state == "waiting" else "failed" if ended.state == "failed" else "done"


@contextmanager
def _beating(desk: Desk, mine: Answer, work: Watched) -> Iterator[None]:
    over = Event()
    heart = Thread(target=_beat, args=(desk, mine, work, over), daemon=True)
    heart.start()
    try:
        yield
    finally:
        over.set()
        heart.join()


def _beat(desk: Desk, mine: Answer, work: Watched, over: Event) -> None:
    while not over.wait(work.shift.beat_seconds):
        with suppress(StoreUnavailable):  # the next beat tells; after a minute without one another worker takes over
            latest = desk.answers.get(mine.tenant, mine.id)
            if latest is None or (latest.state, latest.worker) != ("working", mine.worker):
                work.stopped.set()
                return
            with suppress(Conflict):  # the next beat sees by what
                desk.answers.replace(heard(latest, work.shift.now(), work.done, work.of))
            work.shift.alive()


def _problem(error: TouchlineError) -> dict[str, Any]:
    told = {"code": error.code, "status": error.status, "detail": str(error)}
    return told | ({"field": error.field} if error.field else {})
