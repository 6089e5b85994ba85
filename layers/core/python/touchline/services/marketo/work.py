"""What the stages of an execution work with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from touchline.domain.marketo.connections import Connection
from touchline.domain.marketo.executions import Execution, Stage
from touchline.errors import NotFound
from touchline.marketo_ports import (
    Connections,
    ExecutionFiles,
    ExecutionLog,
    Executions,
    Marketo,
    Notices,
    QuotaLedger,
)
from touchline.ports import Tenants

type OpenMarketo = Callable[[str, Connection, str | None], Marketo]  # of (tenant, connection, execution)


@dataclass(frozen=True, slots=True)
class Waits:
    """In seconds: how long is waited before the same is asked again."""

    poll_first: int = 60  # Marketo renews the state of an export once a minute
    poll_longest: int = 600
    import_poll: int = 15
    unavailable_first: int = 30
    unavailable_longest: int = 900
    merge_settle: int = 200  # after it gave up answering, Marketo works on a merge for three minutes at most
    # What is waited for at most before looking again: a share may be raised, a person may resume.
    longest: int = 900
    # How long the steps of one run keep those of another out: longer than any step takes.
    hold: int = 900


@dataclass(frozen=True, slots=True)
class Sizes:
    """In bytes."""

    part: int = 64_000_000  # of an extract, in one file
    piece: int = 16_000_000  # of an extract, in one call
    work_at_once: int = 500_000_000  # an extract up to this size is worked on by one function


@dataclass(frozen=True, slots=True)
class Work:
    open_marketo: OpenMarketo
    tenants: Tenants
    connections: Connections
    ledger: QuotaLedger
    executions: Executions
    files: ExecutionFiles
    log: ExecutionLog
    notices: Notices
    clock: Callable[[], int]  # epoch ms
    waits: Waits = field(default_factory=Waits)
    sizes: Sizes = field(default_factory=Sizes)
    more: Mapping[str, Any] = field(default_factory=dict)  # what one kind alone needs, by its name


def connection_of(work: Work, execution: Execution) -> Connection:
    """As it is now: a secret or a share that was changed meanwhile counts. Raises NotFound."""
    connection = work.connections.get(execution.tenant, execution.service.connection)
    if connection is None:
        raise NotFound(f"The connection {execution.service.connection} of this service is gone.")
    return connection


def marketo_of(work: Work, execution: Execution) -> Marketo:
    return work.open_marketo(execution.tenant, connection_of(work, execution), execution.id)


def log_line(work: Work, execution: Execution, stage: Stage, message: str, **facts: Any) -> None:
    work.log.write(execution.tenant, execution.id, work.clock(), stage, message, facts)


def checkpoint_of(execution: Execution, stage: Stage) -> Mapping[str, Any]:
    return execution.checkpoints.get(stage, {})
