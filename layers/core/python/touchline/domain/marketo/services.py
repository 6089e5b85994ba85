"""What an operator sets up: a task on one list of one connection, in a group, perhaps on schedule."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Kind = Literal["dedupe", "email_hash", "email_domain", "activity_import"]
KINDS: Final[tuple[Kind, ...]] = ("dedupe", "email_hash", "email_domain", "activity_import")
ListKind = Literal["static", "smart"]
ServiceState = Literal["enabled", "paused"]


@dataclass(frozen=True, slots=True)
class Group:
    """Services kept together by project or client."""

    id: str
    name: str
    created_at: int = 0  # epoch ms
    revision: int = 1


@dataclass(frozen=True, slots=True)
class ListReference:
    kind: ListKind
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """`expression` as EventBridge Scheduler writes it: `cron(0 6 ? * MON-FRI *)` or `rate(12 hours)`."""

    expression: str
    time_zone: str = "UTC"  # IANA; of no meaning to a rate
    since: int = 0  # epoch ms: what a rate counts from


@dataclass(frozen=True, slots=True)
class Service:
    """`rules`: what the kind asks for, as validated JSON; `list` is None where an activity import takes everybody.
    `reading`: the rules in words and what plans are made of, found when they were checked (`kinds.ReadRules`).
    """

    id: str
    group: str
    connection: str
    kind: Kind
    name: str
    list: ListReference | None
    rules: Mapping[str, Any] = field(default_factory=dict)
    schedule: Schedule | None = None
    state: ServiceState = "enabled"
    created_at: int = 0  # epoch ms
    changed_at: int = 0  # epoch ms
    revision: int = 1
    reading: Mapping[str, Any] = field(default_factory=dict)
