"""What one step of a stage came to. A stage is stepped until it is `Done`; after each step its checkpoint is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from touchline.domain.marketo.executions import Problem

type Checkpoint = Mapping[str, Any]  # plain JSON: what the next step goes on from, whoever makes it


@dataclass(frozen=True, slots=True)
class News:
    """What people are told of a step: numbers in place of the earlier ones, results and problems beside them."""

    done: int | None = None
    of: int | None = None
    leads: int | None = None
    changes: int | None = None  # leads whose values differ
    results: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """The stage is finished: the next one begins, and this one is not stepped again."""

    checkpoint: Checkpoint = field(default_factory=dict)
    news: News = field(default_factory=News)


@dataclass(frozen=True, slots=True)
class Again:
    """More of the same at once."""

    checkpoint: Checkpoint
    news: News = field(default_factory=News)


@dataclass(frozen=True, slots=True)
class Wait:
    """More of the same at `until` (epoch ms); people see `reason`, machines `code`."""

    checkpoint: Checkpoint
    reason: str
    code: str
    until: int
    news: News = field(default_factory=News)


@dataclass(frozen=True, slots=True)
class Ask:
    """Nothing goes on until a person agrees; the stage is then stepped again."""

    checkpoint: Checkpoint
    reason: str
    news: News = field(default_factory=News)


@dataclass(frozen=True, slots=True)
class Back:
    """What was exported is of no use: the stages from the export on are done anew, a few times at most. `is_problem`:
    whether people are told of it among the problems."""

    reason: str
    code: str
    is_problem: bool = True


@dataclass(frozen=True, slots=True)
class Spread:
    """These are to be done first, many at once, by others; then the stage is stepped again."""

    checkpoint: Checkpoint
    items: Sequence[Mapping[str, Any]]  # pointers to files, never rows
    news: News = field(default_factory=News)


type Step = Done | Again | Wait | Ask | Back | Spread
