"""How far the conversions of a goal's past are: what is kept of a backfill, and what is told of it."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal, Self

BackfillState = Literal["running", "done", "failed", "cancelled"]
UNDER_WAY: Final = frozenset({"running"})
# Parts tell that they live after every few hundred people; one that has not for so long is dead.
STALLED_MS: Final = 20 * 60_000


@dataclass(frozen=True, slots=True)
class Backfill:
    """One goal's latest run. Times in epoch ms."""

    run: str
    goal: str
    version: int
    start: int  # people with a conversion or an entry in [start, end) are computed
    end: int  # when it was begun, where it takes in all until then
    state: BackfillState
    started_at: int
    changed_at: int
    attempt: int = 1
    parts: int | None = None  # None until it is planned
    reason: str | None = None  # why it failed

    @classmethod
    def of(cls, facts: dict[str, Any]) -> Self:
        return cls(**{name: value for name, value in facts.items() if name in cls.__dataclass_fields__})

    def facts(self) -> dict[str, Any]:
        return asdict(self)

    def again(self, now: int) -> Self:
        """Another attempt, which leaves out the parts that are done."""
        return replace(self, state="running", attempt=self.attempt + 1, changed_at=now, reason=None)


@dataclass(frozen=True, slots=True)
class PartProgress:
    """What is done of one part of all people."""

    part: int
    done: bool
    people: int
    conversions: int
    changed_at: int

    @classmethod
    def of(cls, facts: dict[str, Any]) -> Self:
        return cls(**{name: facts[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True, slots=True)
class GoalProgress:
    """Whether a goal's past is computed, for reports and people."""

    backfill: Backfill
    state: BackfillState
    parts_done: int
    people: int
    conversions: int
    seconds_left: int | None  # an estimate; None where there is nothing to go by

    @property
    def under_way(self) -> bool:
        return self.state in UNDER_WAY

    def facts(self) -> dict[str, Any]:
        backfill = self.backfill
        return {
            "state": self.state,
            "version": backfill.version,
            "from": backfill.start,
            "to": backfill.end,
            "started_at": backfill.started_at,
            "parts": backfill.parts,
            "parts_done": self.parts_done,
            "people": self.people,
            "conversions": self.conversions,
            "seconds_left": self.seconds_left,
            "reason": backfill.reason,
        }


def progress_of(backfill: Backfill, parts: list[PartProgress], now: int) -> GoalProgress:
    done = sum(part.done for part in parts)
    state: BackfillState = backfill.state
    changed_at = max([backfill.changed_at, *(part.changed_at for part in parts)])
    if state == "running" and now - changed_at > STALLED_MS:
        state = "failed"
    left = None
    if state == "running" and done and backfill.parts:
        left = (now - backfill.started_at) * (backfill.parts - done) // done // 1000
    return GoalProgress(
        backfill=backfill,
        state=state,
        parts_done=done,
        people=sum(part.people for part in parts),
        conversions=sum(part.conversions for part in parts),
        seconds_left=left,
    )
