"""Marketo's limits on calls, counted as Marketo counts: in flight, in any past 20 seconds, and in a day."""

from collections import Counter, deque
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

from local.marketo_simulator.refusal import Refusal
from local.marketo_simulator.switches import Switches

CENTRAL = ZoneInfo("America/Chicago")
FIXED_CENTRAL = timezone(timedelta(hours=-6))
UNCOUNTED = frozenset({"601", "602", "604", "605", "608", "611"})


def day_of(at: int, *, fixed: bool = False) -> date:
    """The day that quotas belong to: from midnight to midnight in Central Time."""
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(FIXED_CENTRAL if fixed else CENTRAL).date()


@dataclass(slots=True)
class Call:
    at: int
    name: str  # method and route
    user: str


class Window:
    """Moments of the last seconds, and the most that were ever in it together."""

    def __init__(self) -> None:
        self.moments: deque[int] = deque()
        self.most = 0

    def count(self, now: int, seconds: int) -> int:
        while self.moments and self.moments[0] <= now - 1000 * seconds:
            self.moments.popleft()
        return len(self.moments)

    def add(self, now: int, seconds: int) -> None:
        self.moments.append(now)
        self.most = max(self.most, self.count(now, seconds))

    def take_back(self, at: int) -> None:
        if at in self.moments:
            self.moments.remove(at)


class Limits:
    """All users of the instance together. Each call is a line of `log`, so that counts outlive a kill."""

    def __init__(self, switches: Switches, log: Path) -> None:
        self._switches = switches
        self._lock = Lock()
        self.in_flight = 0
        self.most_in_flight = 0
        self.asked = Window()
        self.accepted = Window()
        self.used: Counter[tuple[date, str]] = Counter()  # by day and user
        self.errors: Counter[tuple[date, str]] = Counter()  # by day and code
        self.by_route: Counter[str] = Counter()
        self.by_code: Counter[str] = Counter()
        self._read(log)
        self._log = log.open("a", buffering=1)

    def enter(self, name: str, user: str, now: int) -> Call:
        """Takes a place in flight, until `leave`. Raises 615, 606 or 607; then there is nothing to leave."""
        with self._lock:
            refusal = self._refusal(now)
            if refusal is not None:
                if self._switches.refused_calls_count:
                    self._count(user, now)
                self._note(Call(now, name, user), refusal.code, counted=self._switches.refused_calls_count)
                raise refusal
            self._count(user, now)
            self.accepted.add(now, self._switches.window_seconds)
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            return Call(now, name, user)

    def _refusal(self, now: int) -> Refusal | None:
        wanted = self._switches
        if self.in_flight >= wanted.calls_at_once:
            return Refusal("615", f"Concurrent access limit '{wanted.calls_at_once}' reached")
        if self.asked.count(now, wanted.window_seconds) >= wanted.calls_in_window:
            most, seconds = wanted.calls_in_window, wanted.window_seconds
            return Refusal("606", f"Max rate limit '{most}' exceeded with in '{seconds}' secs")
        if self.used_on(self._day(now)) >= wanted.calls_a_day:
            return Refusal("607", "Daily quota reached")
        return None

    def leave(self, call: Call, code: str = "") -> None:
        """`code`: of the error that was answered, if one was. Some errors do not count as calls."""
        with self._lock:
            self.in_flight -= 1
            counted = code not in UNCOUNTED
            if not counted:
                self.asked.take_back(call.at)
                self.accepted.take_back(call.at)
                self.used[self._day(call.at), call.user] -= 1
            self._note(call, code, counted=counted)

    def note_refused(self, name: str, user: str, now: int, code: str) -> None:
        """A call that never came as far as the limits: no token, or a wrong one."""
        with self._lock:
            self._note(Call(now, name, user), code, counted=False)

    def use(self, calls: int, user: str, now: int) -> None:
        """As if somebody else had made so many calls today."""
        with self._lock:
            self.used[self._day(now), user] += calls
            self._log.write(f"{now}\t+{calls}\t{user}\t\t1\n")

    def used_on(self, day: date) -> int:
        return sum(count for (on, _), count in self.used.items() if on == day)

    def used_by(self, day: date) -> dict[str, int]:
        """Calls of that day, by user."""
        with self._lock:
            return {user: count for (on, user), count in self.used.items() if on == day}

    def errors_on(self, day: date) -> dict[str, int]:
        """Errors of that day, by code."""
        with self._lock:
            return {code: count for (on, code), count in self.errors.items() if on == day}

    def calls(self) -> int:
        return sum(self.by_route.values())

    def _day(self, at: int) -> date:
        return day_of(at, fixed=self._switches.fixed_central_time)

    def _count(self, user: str, now: int) -> None:
        self.asked.add(now, self._switches.window_seconds)
        self.used[self._day(now), user] += 1

    def _note(self, call: Call, code: str, *, counted: bool) -> None:
        self._tally(call, code)
        self._log.write(f"{call.at}\t{call.name}\t{call.user}\t{code}\t{counted:d}\n")

    def _tally(self, call: Call, code: str) -> None:
        self.by_route[call.name] += 1
        if code:
            self.by_code[code] += 1
            self.errors[self._day(call.at), code] += 1

    def _read(self, log: Path) -> None:
        if not log.exists():
            return
        for line in log.read_text().splitlines():
            parts = line.split("\t")
            if len(parts) == 5:  # a kill may have cut the last line
                self._read_line(int(parts[0]), parts[1], parts[2], parts[3], counted=parts[4] == "1")

    def _read_line(self, at: int, name: str, user: str, code: str, *, counted: bool) -> None:
        if name.startswith("+"):
            self.used[self._day(at), user] += int(name)
            return
        self._tally(Call(at, name, user), code)
        if counted:
            self._count(user, at)
            if code not in {"606", "607", "615"}:
                self.accepted.add(at, self._switches.window_seconds)

    def figures(self) -> dict[str, Any]:
        with self._lock:
            return {
                "calls": self.calls(),
                "most_in_window": self.asked.most,
                "most_accepted_in_window": self.accepted.most,
                "in_flight": self.in_flight,
                "most_in_flight": self.most_in_flight,
                "by_route": dict(sorted(self.by_route.items())),
                "by_code": dict(sorted(self.by_code.items())),
                "used": {f"{day} {user}": count for (day, user), count in sorted(self.used.items())},
            }

    def forget_figures(self) -> None:
        """Counters begin anew; what limits look at (window, day) stays."""
        with self._lock:
            self.by_route.clear()
            self.by_code.clear()
            self.asked.most = self.accepted.most = self.most_in_flight = 0

    def close(self) -> None:
        self._log.close()
