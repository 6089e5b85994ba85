"""When a connection's next call may be made, whoever makes it: pure arithmetic.

The law: of the times that are handed out, no 20 seconds hold more than the share. Calls are spread over the window
(the generic cell rate algorithm), with a few at once after a rest: what is late on its way then adds few to a window,
where a window used up at its begin would meet the next one's.

After Marketo said 606 or 615 everybody waits, and afterwards goes at half the rate, or with half the calls at once, and
comes back to the share in a few minutes.
"""

from dataclasses import dataclass, replace
from math import ceil
from typing import Final

from touchline.domain.marketo.connections import Share
from touchline.domain.marketo.limits import OWN_CALLS_AT_ONCE, OWN_CALLS_IN_WINDOW, WINDOW_MS

BURST_SHARE: Final = 9  # one in so many calls of a window may come at once
RECOVERY_MS: Final = 180_000  # from nothing to the whole share
LOOK_AGAIN_MS: Final = 250  # where all places are taken
IN_FLIGHT_REST_MS: Final = 2_000  # after 615
QUOTA_REST_MS: Final = 600_000  # after 607: somebody may have been granted more meanwhile


@dataclass(frozen=True, slots=True)
class Slowdown:
    """What was left of the share at a moment; it comes back with time."""

    at: int  # epoch ms
    level: float  # 0 … 1


@dataclass(frozen=True, slots=True)
class PaceState:
    """Of one connection. Times in epoch ms; `places`: the calls in flight, each with the time when it is forgotten."""

    ideal: int = 0  # when the next call would come if all were spread evenly
    resting_until: int = 0
    resting_for: str = ""  # the code that Marketo said
    rate: Slowdown = Slowdown(0, 1.0)
    at_once: Slowdown = Slowdown(0, 1.0)
    places: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """`place` is None where nothing was granted: ask again at `at`, which may be later than the caller can wait.
    `code`: what Marketo said that all wait for.
    """

    at: int  # epoch ms
    place: str | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks for a turn: its new place, how long it keeps it at most, and until when it can wait (epoch ms)."""

    place: str
    holds_ms: int
    latest: int


def entered(state: PaceState, share: Share, now: int, caller: Caller) -> tuple[PaceState, Turn]:
    """The next call's time, and its place in flight until `left`, or until it is forgotten."""
    places = tuple(one for one in state.places if one[1] > now)
    if len(places) >= calls_at_once(state, share, now):
        return replace(state, places=places), Turn(now + LOOK_AGAIN_MS)
    calls = calls_in_window(state, share, now)
    burst = max(1, calls // BURST_SHARE)
    gap = ceil(WINDOW_MS / max(1, calls - burst)) if calls > 1 else WINDOW_MS + 1
    at = max(now, state.ideal - (burst - 1) * gap, state.resting_until)
    code = state.resting_for if at == state.resting_until else ""
    if at > caller.latest:
        return state, Turn(at, None, code)
    kept = (*places, (caller.place, at + caller.holds_ms))
    return replace(state, ideal=max(state.ideal, at) + gap, places=kept), Turn(at, caller.place, code)


def left(state: PaceState, place: str) -> PaceState:
    return replace(state, places=tuple(one for one in state.places if one[0] != place))


def slowed(state: PaceState, now: int, code: str, until: int | None = None) -> PaceState:
    """After Marketo said `code`: 606, 615 or 607. Those who were told so together slow down once."""
    if code == "615":
        rest, kept = now + IN_FLIGHT_REST_MS, replace(state, at_once=_halved(state.at_once, now, IN_FLIGHT_REST_MS))
    elif code == "606":
        rest, kept = now + WINDOW_MS, replace(state, rate=_halved(state.rate, now, WINDOW_MS))
    else:
        rest, kept = min(now + QUOTA_REST_MS, until or now + QUOTA_REST_MS), state
    if rest <= state.resting_until:
        return kept
    return replace(kept, resting_until=rest, resting_for=code)


def calls_in_window(state: PaceState, share: Share, now: int) -> int:
    most = min(share.calls_in_20_seconds, OWN_CALLS_IN_WINDOW)
    return max(1, int(most * _level(state.rate, now)))


def calls_at_once(state: PaceState, share: Share, now: int) -> int:
    most = min(share.calls_at_once, OWN_CALLS_AT_ONCE)
    return max(1, int(most * _level(state.at_once, now)))


def _level(slowdown: Slowdown, now: int) -> float:
    return min(1.0, slowdown.level + max(0, now - slowdown.at) / RECOVERY_MS)


def _halved(slowdown: Slowdown, now: int, together_ms: int) -> Slowdown:
    if slowdown.level < 1 and now - slowdown.at < together_ms:
        return slowdown
    return Slowdown(now, _level(slowdown, now) / 2)
