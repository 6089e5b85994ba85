"""The line in which bulk jobs wait: so many at work, so many waiting, first come first served. A function of the clock.

A job's way is told by times (epoch ms); its state at any moment follows from them, so it never goes back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

type Phase = Literal["created", "queued", "running", "ended", "cancelled"]


@dataclass(frozen=True, slots=True)
class Passage:
    """One job's way through the line. `ends_at` may lie ahead: until then the job is running.

    `stuck`: a fault; the job never leaves that phase by itself.
    """

    created_at: int
    queued_at: int | None = None
    started_at: int | None = None
    ends_at: int | None = None
    cancelled_at: int | None = None
    stuck: Literal["", "queued", "running"] = ""

    def phase(self, at: int) -> Phase:
        if self.cancelled_at is not None and self.cancelled_at <= at:
            return "cancelled"
        if self.ends_at is not None and self.ends_at <= at and self.stuck != "running":
            return "ended"
        if self.started_at is not None and self.started_at <= at:
            return "running"
        if self.queued_at is not None and self.queued_at <= at:
            return "queued"
        return "created"


@dataclass(frozen=True, slots=True)
class LineRules:
    """`places` counts those that run, too. `wait_ms`: what a job waits even where nobody is before it."""

    places: int = 10
    at_work: int = 2
    wait_ms: int = 26_000


def in_line(passages: Iterable[Passage], at: int) -> int:
    """How many places are taken."""
    return sum(passage.phase(at) in ("queued", "running") for passage in passages)


def queued(passage: Passage, at: int) -> Passage:
    return replace(passage, queued_at=at)


def cancelled(passage: Passage, at: int) -> Passage:
    """One that has ended stays as it is."""
    return passage if passage.phase(at) in ("ended", "cancelled") else replace(passage, cancelled_at=at)


def next_start(passages: Sequence[Passage], rules: LineRules, now: int) -> tuple[int, int] | None:
    """Which of `passages` begins next, and when, if that is not after `now`.

    Raises nothing for what is stuck: who is stuck in the queue keeps a place and lets others pass.
    """
    waiting = [
        (passage.queued_at, place)
        for place, passage in enumerate(passages)
        if passage.queued_at is not None
        and passage.started_at is None
        and passage.cancelled_at is None
        and passage.stuck != "queued"
    ]
    if not waiting:
        return None
    since, place = min(waiting)
    starts = _free_from(passages, rules, since + rules.wait_ms)
    return (place, starts) if starts is not None and starts <= now else None


def _free_from(passages: Sequence[Passage], rules: LineRules, earliest: int) -> int | None:
    """The first moment from `earliest` on at which fewer than `at_work` are running and nobody who came before
    would begin after; None while it cannot be known."""
    begun = [passage for passage in passages if passage.started_at is not None]
    earliest = max([earliest, *(passage.started_at for passage in begun if passage.started_at is not None)])
    ends = [_left_at(passage) for passage in begun]
    busy = sorted((end for end in ends if end is not None and end > earliest), reverse=True)
    unknown = sum(end is None for end in ends)
    if unknown >= rules.at_work:
        return None
    free = rules.at_work - unknown
    return earliest if len(busy) < free else busy[free - 1]


def _left_at(passage: Passage) -> int | None:
    if passage.cancelled_at is not None:
        return passage.cancelled_at
    return None if passage.stuck == "running" else passage.ends_at
