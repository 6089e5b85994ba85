"""Faults on order: what the n-th call of a path gets instead of, before or after its answer."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from fnmatch import fnmatchcase
from itertools import count
from threading import Lock
from typing import Any

EFFECTS = (
    "wrong_checksum",
    "lose_last_byte",
    "json_instead_of_file",
    "file_missing",
    "stuck_queued",
    "stuck_processing",
    "job_fails",
    "short_page",
    "empty_page",
)


@dataclass(slots=True)
class Fault:
    """`path` with `*`, after `skip` calls that match, for `times` calls (0: for ever).

    What happens: an answer of `code` and `message`, or of `status` and `body`; a wait of `slow_ms`; the connection
    cut after `cut_at` bytes of the answer's body, or closed without a word (`hang_up`); the body ended after
    `truncate_at` bytes as if that were all of it; or an `effect` that the module behind the path knows. With `after`,
    the call does its work before it fails.
    """

    path: str = "*"
    method: str = "*"
    skip: int = 0
    times: int = 1
    code: str = ""
    message: str = ""
    status: int = 0
    body: str = ""
    content_type: str = "text/html;charset=UTF-8"
    slow_ms: int = 0
    cut_at: int = -1
    truncate_at: int = -1
    hang_up: bool = False
    effect: str = ""
    after: bool = False
    id: int = 0
    seen: int = 0  # calls that matched
    used: int = 0  # of them, those that got the fault

    @property
    def fails(self) -> bool:
        return bool(self.code or self.status or self.body or self.hang_up)

    def matches(self, method: str, path: str) -> bool:
        return self.method in ("*", method) and fnmatchcase(path, self.path)

    def take(self) -> bool:
        """Counts a call; whether this one gets the fault."""
        self.seen += 1
        hit = self.seen > self.skip and (not self.times or self.used < self.times)
        self.used += hit
        return hit


class Faults:
    def __init__(self, kept: Iterable[dict[str, Any]] = ()) -> None:
        self._faults = [Fault(**one) for one in kept]
        self._numbers = count(max((fault.id for fault in self._faults), default=0) + 1)
        self._lock = Lock()

    def add(self, wanted: dict[str, Any]) -> Fault:
        """Raises `ValueError` naming the part that is unknown or of another type."""
        types = {one.name: type(one.default) for one in fields(Fault)}
        for name, value in wanted.items():
            if name not in types or name in {"id", "seen", "used"}:
                raise ValueError(f"a fault has no {name!r}; it has: {', '.join(sorted(types))}")
            if type(value) is not types[name]:
                raise ValueError(f"{name} takes a {types[name].__name__}, not {value!r}")
        if wanted.get("effect") and wanted["effect"] not in EFFECTS:
            raise ValueError(f"no effect is called {wanted['effect']!r}; there are: {', '.join(EFFECTS)}")
        with self._lock:
            fault = Fault(**wanted, id=next(self._numbers))
            self._faults.append(fault)
        return fault

    def take(self, method: str, path: str) -> Fault | None:
        """The first that this call gets. Effects are left to the modules that know them."""
        with self._lock:
            candidates = [one for one in self._faults if not one.effect and one.matches(method, path)]
            return next((one for one in candidates if one.take()), None)

    def effect(self, name: str, method: str, path: str) -> Fault | None:
        with self._lock:
            candidates = [one for one in self._faults if one.effect == name and one.matches(method, path)]
            return next((one for one in candidates if one.take()), None)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def as_json(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._faults]
