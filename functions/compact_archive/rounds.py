"""One run compacts in rounds, while batches are left and its hour lasts; each plans and cleans up for itself."""

from dataclasses import dataclass, replace
from typing import Any, Self

MAX_ROUNDS = 12  # 36 million events: 10,000 a second at one run an hour
# A round begun later might not end within the run, whose time is up after 55 minutes.
LAST_BEGIN_MS = 35 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Round:
    """Passed from state to state, and on to the next round."""

    began: int  # epoch ms: of the first round
    number: int = 1
    everything: bool = False
    after: str = ""  # the last batch of the round before
    failed: int = 0  # tenants left out in the rounds before

    @classmethod
    def begin(cls, given: dict[str, Any], now: int) -> Self:
        """The first round from what a run is started with, a further one from what the one before it handed on."""
        if "round" in given:
            return cls(**given["round"])
        return cls(began=now, everything=bool(given.get("everything", False)))

    def following(self, last: str, now: int, failed: int) -> Self | None:
        """None where it is enough: the next run goes on."""
        if self.number >= MAX_ROUNDS or now - self.began > LAST_BEGIN_MS:
            return None
        return replace(self, number=self.number + 1, after=last, failed=self.failed + failed)
