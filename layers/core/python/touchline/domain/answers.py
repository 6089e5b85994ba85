"""An answer that nobody waits for: asked for now, worked on elsewhere, fetched later.

waiting ──► working ──► done
   │  ▲        │  └───► failed      says why, and whether asking again may help
   │  └────────┘ (its worker failed or was lost; tried again)
   └───────────┴──────► cancelled
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

State = Literal["waiting", "working", "done", "failed", "cancelled"]
MINUTE: Final = 60_000
KEPT_MS: Final = 7 * 86_400_000
MOST_TRIES: Final = 3
# A worker tells that it is alive every few seconds: after so long without a word it is gone.
SILENT_MS: Final = MINUTE
# A lost worker's message comes again sooner than this. Whatever is later than that does not come any more.
GIVEN_UP_MS: Final = 20 * MINUTE
# Many questions at once may keep all workers busy for hours: waiting alone is no loss.
WAITED_MS: Final = 6 * 60 * MINUTE
# Of one workspace, waiting or being worked on: nobody's board keeps the others waiting for long.
MOST_OPEN: Final = 20
LOST: Final[Mapping[str, Any]] = {
    "code": "worker_lost",
    "status": 503,
    "detail": "Whoever worked on the answer ended without a word. Ask again; a smaller range needs less room and time.",
}
NOT_TAKEN_UP: Final[Mapping[str, Any]] = {
    "code": "not_taken_up",
    "status": 503,
    "detail": "No worker was free for the answer in 6 hours. Ask again.",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One question and what became of it. All times are epoch ms; `revision` grows with each change."""

    tenant: str
    id: str
    kind: str
    body: str  # the question as JSON, as it was asked
    asked_at: int
    state: State = "waiting"
    since: int = 0  # when it came into its state
    heard_at: int = 0  # of its worker
    worker: str = ""
    tries: int = 0
    done: int = 0  # of `of` pieces
    of: int = 0
    size: int = 0  # bytes of the result
    problem: Mapping[str, Any] | None = None
    revision: int = 0

    @property
    def expires_at(self) -> int:
        return self.asked_at + KEPT_MS

    @property
    def is_over(self) -> bool:
        return self.state in {"done", "failed", "cancelled"}

    def remaining_seconds(self, now: int) -> int | None:
        """If the rest goes on as it went so far; None where nothing is known."""
        if self.state != "working" or not 0 < self.done <= self.of:
            return None
        return -(-(now - self.since) * (self.of - self.done) // (self.done * 1_000))


def new_answer(tenant: str, answer_id: str, kind: str, body: str, now: int) -> Answer:
    return Answer(tenant, answer_id, kind, body, now, since=now)


def as_seen(answer: Answer, now: int) -> Answer:
    """What its state really is: a worker that is silent is no worker, and nobody waits for ever."""
    if answer.is_over:
        return answer
    quiet = now - max(answer.heard_at, answer.since)
    if answer.state == "waiting":
        return failed(answer, answer.problem or NOT_TAKEN_UP, now) if quiet > WAITED_MS else answer
    if quiet > GIVEN_UP_MS:
        return failed(answer, LOST, now)
    if quiet > SILENT_MS:
        return replace(answer, state="waiting", worker="", done=0, of=0)
    return answer


def taken(answer: Answer, worker: str, now: int) -> Answer | None:
    """By a worker; None where there is nothing to do. Failed once it was tried often enough."""
    seen = as_seen(answer, now)
    if seen.state != "waiting":
        return None if seen is answer else seen
    if seen.tries >= MOST_TRIES:
        return failed(seen, seen.problem or LOST, now)
    return replace(
        _changed(seen, "working", now), worker=worker, heard_at=now, tries=seen.tries + 1, problem=None, done=0, of=0
    )


def heard(answer: Answer, now: int, done: int, of: int) -> Answer:
    return replace(answer, heard_at=now, done=done, of=of, revision=answer.revision + 1)


def done(answer: Answer, size: int, now: int, of: int = 0) -> Answer:
    """All of its `of` pieces."""
    return replace(_changed(answer, "done", now), size=size, done=of, of=of)


def failed(answer: Answer, problem: Mapping[str, Any], now: int) -> Answer:
    return replace(_changed(answer, "failed", now), problem=problem)


def put_back(answer: Answer, problem: Mapping[str, Any], now: int) -> Answer:
    """A worker could not do it now: it waits for the next try, or has failed with the last one."""
    if answer.tries >= MOST_TRIES:
        return failed(answer, problem, now)
    return replace(_changed(answer, "waiting", now), worker="", problem=problem)


def cancelled(answer: Answer, now: int) -> Answer:
    """What is over stays as it is."""
    return answer if answer.is_over else _changed(answer, "cancelled", now)


def _changed(answer: Answer, state: State, now: int) -> Answer:
    return replace(answer, state=state, since=now, revision=answer.revision + 1)
