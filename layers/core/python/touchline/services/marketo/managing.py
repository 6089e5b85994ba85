"""What the management of Marketo services works with, for one tenant and one moment."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from touchline.domain.marketo.connections import Connection
from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.services import Group, Service
from touchline.errors import InvalidRequest, NotFound
from touchline.marketo_ports import (
    ClientSecrets,
    Connections,
    ExecutionLog,
    Executions,
    Groups,
    Marketo,
    QuotaLedger,
    Schedules,
    Services,
)
from touchline.ports import Workflows
from touchline.services.marketo.work import OpenMarketo

# All that is drawn looks so; anything else is not asked for, as no store takes any text for a key.
DRAWN: Final = re.compile(r"[0-9a-f]{1,64}", re.ASCII)

type TryMarketo = Callable[[str, Connection, str], Marketo]  # of (tenant, connection, a secret that is not kept yet)


@dataclass(frozen=True, slots=True)
class Managing:
    tenant: str
    now: int  # epoch ms
    connections: Connections
    groups: Groups
    services: Services
    executions: Executions
    log: ExecutionLog
    schedules: Schedules
    secrets: ClientSecrets
    ledger: QuotaLedger
    workflows: Workflows
    open_marketo: OpenMarketo
    try_marketo: TryMarketo
    endpoints: Sequence[str]
    least_minutes: int  # between two runs of a schedule


def find_connection(managing: Managing, connection_id: str) -> Connection:
    return _found(managing.connections.get, managing.tenant, "connection", connection_id)


def find_group(managing: Managing, group_id: str) -> Group:
    return _found(managing.groups.get, managing.tenant, "group", group_id)


def find_service(managing: Managing, service_id: str) -> Service:
    return _found(managing.services.get, managing.tenant, "service", service_id)


def find_execution(managing: Managing, execution_id: str) -> Execution:
    return _found(managing.executions.get, managing.tenant, "execution", execution_id)


def _found[Kept](get: Callable[[str, str], Kept | None], tenant: str, noun: str, asked_id: str) -> Kept:
    """Raises NotFound: what another tenant has is not there."""
    found = get(tenant, asked_id) if DRAWN.fullmatch(asked_id) else None
    if found is None:
        raise NotFound(f"There is no {noun} with the id {asked_id[:64]!r}.")
    return found


def opened(managing: Managing, connection: Connection) -> Marketo:
    """For what no execution asks: it counts against the connection's share all the same."""
    return managing.open_marketo(managing.tenant, connection, None)


def checked_name(name: str) -> str:
    """Raises InvalidRequest."""
    if not name.strip() or not name.isprintable():
        raise InvalidRequest("A name has at least one character, and none that is hidden.", field="name")
    return name.strip()
