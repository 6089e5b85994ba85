"""One run of a service: where it stands, what it waits for, what it used, and what it found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from touchline.domain.marketo.services import Service

State = Literal[
    "queued", "running", "waiting", "awaiting_approval", "stopping", "stopped", "failed", "completed", "skipped"
]
# `skipped`: a schedule came while an earlier execution was under way, or its service paused; nothing was begun.
ENDED: Final[tuple[State, ...]] = ("stopped", "failed", "completed", "skipped")
Stage = Literal["reserve", "export", "poll", "download", "work", "approve", "write_back", "verify", "report"]
STAGES: Final[tuple[Stage, ...]] = (
    "reserve",
    "export",
    "poll",
    "download",
    "work",
    "approve",
    "write_back",
    "verify",
    "report",
)
StartedBy = Literal["schedule", "person"]


@dataclass(frozen=True, slots=True)
class Waiting:
    reason: str  # in words, for people
    code: str  # for machines: `daily_calls`, `daily_bytes`, `export_running`, `marketo_unavailable`, …
    until: int  # epoch ms: when it is tried again


@dataclass(frozen=True, slots=True)
class Usage:
    """What an execution used of its connection."""

    calls: int = 0
    bytes: int = 0  # of bulk extracts


@dataclass(frozen=True, slots=True)
class Progress:
    stage: Stage = "reserve"
    leads: int | None = None  # in the extract, when known
    done: int = 0  # of what the stage has to do
    of: int | None = None
    changes: int | None = None  # leads whose values differ, when known
    estimated_end: int | None = None  # of the execution, epoch ms
    took: Mapping[str, int] = field(default_factory=dict)  # ms by stage; not what it waited for a share, or an outage


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that was left out, or ended the execution. Never an address or a name of a person: ids only."""

    stage: Stage
    code: str
    message: str
    leads: tuple[int, ...] = ()  # ids, at most 100; the report holds all


@dataclass(frozen=True, slots=True)
class Execution:
    """`service` as it was when the execution was planned. `checkpoints`: what each stage needs to go on, by stage."""

    id: str
    tenant: str
    service: Service
    state: State = "queued"
    started_by: StartedBy = "person"
    attempt: int = 1  # counts resumes: each is a run of the state machine
    plan: Mapping[str, Any] = field(default_factory=dict)
    progress: Progress = Progress()
    usage: Usage = Usage()
    waiting: Waiting | None = None
    checkpoints: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    results: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    created_at: int = 0  # epoch ms
    started_at: int | None = None
    ended_at: int | None = None
    revision: int = 1
    preview: bool = False  # finds and reports what its rules would change, and writes nothing
    full: bool = False  # reads the whole list, also where its rules ask for what changed only
    undoes: str | None = None  # the execution whose changes it takes back, in place of working by the rules
    undone_by: str | None = None  # the latest that takes its changes back, previews aside
    asked_by: str | None = None  # the request that began it, hashed with its Idempotency-Key
