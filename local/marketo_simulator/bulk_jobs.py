"""Bulk jobs of one instance: what was asked for, where each stands, and what came of it; kept over a kill."""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from threading import RLock
from typing import Any

from local.marketo_simulator.bulk_queue import LineRules, Passage, next_start

type Job = Export | Import


@dataclass(frozen=True, slots=True)
class Export:
    """`object`: `leads`, `activities`, `program/members`; `order`: the body it was created with, completed.

    `records`, `size`, `sha256` are known once the file is written, `error` where it could not be.
    """

    id: str
    user: str
    object: str
    order: Mapping[str, Any]
    passage: Passage
    records: int | None = None
    size: int | None = None
    sha256: str | None = None
    error: str | None = None
    file_missing: bool = False  # a fault: completed, and yet no file


@dataclass(frozen=True, slots=True)
class Import:
    """`failed` and `warned` count rows; `rows` counts those that did not fail."""

    id: str
    user: str
    object: str
    order: Mapping[str, Any]
    passage: Passage
    rows: int = 0
    members: int = 0
    failed: int = 0
    warned: int = 0
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Worked:
    """What a job's work came to: what to note of it, and how long Marketo would have been at it."""

    notes: Mapping[str, Any] = field(default_factory=dict)
    takes_ms: int = 0


class JobBook[J: (Export, Import)]:
    """All jobs of one line. Whoever looks first after a job's turn came does its work; others wait for a second at
    most, and see it running."""

    def __init__(self, file: Path, make: Callable[..., J]) -> None:
        self._file = file
        self._make: Callable[..., J] = make
        self._jobs: dict[str, J] = {one.id: one for one in self._read()}
        self._lock = RLock()
        self._working = RLock()

    def get(self, job: str) -> J | None:
        with self._lock:
            return self._jobs.get(job)

    def all(self) -> list[J]:
        with self._lock:
            return list(self._jobs.values())

    def put(self, job: J) -> None:
        with self._lock:
            self._jobs[job.id] = job
            self._write()

    def change(self, job: str, step: Callable[[J], J]) -> J:
        """Under the book's lock, so that two changes of one job are both kept."""
        with self._lock:
            changed = step(self._jobs[job])
            self._jobs[job] = changed
            self._write()
            return changed

    def alone(self) -> RLock:
        """Held while a decision is made that depends on all jobs."""
        return self._lock

    def forget(self, jobs: Iterable[str]) -> None:
        with self._lock:
            for job in jobs:
                self._jobs.pop(job, None)
            self._write()

    def settle(self, rules: LineRules, now: int, work: Callable[[J], Worked], patience: float = 1.0) -> None:
        """Begins what may begin until `now` and does its work."""
        if not self._working.acquire(timeout=patience):
            return
        try:
            self._resume(now, work)
            while (begun := self._begin(rules, now)) is not None:
                self._work(begun, now, work)
        finally:
            self._working.release()

    def _resume(self, now: int, work: Callable[[J], Worked]) -> None:
        """Work that a kill cut short is done again."""
        for job in self.all():
            if job.passage.started_at is not None and job.passage.ends_at is None and _runs(job.passage, now):
                self._work(job, now, work)

    def _begin(self, rules: LineRules, now: int) -> J | None:
        with self._lock:
            jobs = list(self._jobs.values())
            found = next_start([job.passage for job in jobs], rules, now)
            if found is None:
                return None
            place, at = found
            return self.change(jobs[place].id, lambda job: replace(job, passage=replace(job.passage, started_at=at)))

    def _work(self, job: J, now: int, work: Callable[[J], Worked]) -> None:
        worked = work(job)
        started = now if job.passage.started_at is None else job.passage.started_at
        ends = started + worked.takes_ms

        def ended(current: J) -> J:
            if current.passage.cancelled_at is not None:
                return current
            return replace(current, passage=replace(current.passage, ends_at=ends), **worked.notes)

        if self.get(job.id) is not None:
            self.change(job.id, ended)

    def _read(self) -> list[J]:
        if not self._file.exists():
            return []
        return [
            self._make(**{**kept, "passage": Passage(**kept["passage"])}) for kept in json.loads(self._file.read_text())
        ]

    def _write(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps([asdict(job) for job in self._jobs.values()]))
        os.replace(new, self._file)


def _runs(passage: Passage, now: int) -> bool:
    return passage.stuck != "running" and passage.phase(now) == "running"
