"""The only clock of the simulator: it runs with the machine's, or stands still, and can be set forward."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class ClockState:
    """`ahead`: ms before the machine's clock; `stopped_at`: epoch ms, where it stands still."""

    ahead: int = 0
    stopped_at: int | None = None


class Clock:
    """Epoch milliseconds. It never goes back: what has expired stays expired."""

    def __init__(self, state: ClockState = ClockState()) -> None:
        self._state = state
        self._lock = Lock()

    def now(self) -> int:
        with self._lock:
            return self._now()

    def _now(self) -> int:
        state = self._state
        return state.stopped_at if state.stopped_at is not None else _machine() + state.ahead

    def stop(self) -> None:
        with self._lock:
            self._state = ClockState(stopped_at=self._now())

    def run(self) -> None:
        with self._lock:
            self._state = ClockState(ahead=self._now() - _machine())

    def advance(self, milliseconds: int) -> None:
        """Raises `ValueError` for a step back."""
        if milliseconds < 0:
            raise ValueError("the clock goes forward only")
        with self._lock:
            to = self._now() + milliseconds
            stands = self._state.stopped_at is not None
            self._state = ClockState(stopped_at=to) if stands else ClockState(ahead=to - _machine())

    def set(self, at: int) -> None:
        """Raises `ValueError` for a moment that has passed."""
        self.advance(at - self.now())

    def state(self) -> dict[str, Any]:
        return {"ahead": self._state.ahead, "stopped_at": self._state.stopped_at}


def _machine() -> int:
    return time.time_ns() // 1_000_000


def iso(at: int) -> str:
    """As Marketo writes times of leads and jobs: whole seconds, `Z`."""
    return f"{datetime.fromtimestamp(at // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def timestamp(at: int) -> datetime:
    """As the store keeps it: UTC without a zone."""
    return datetime.fromtimestamp(at / 1000, UTC).replace(tzinfo=None)
