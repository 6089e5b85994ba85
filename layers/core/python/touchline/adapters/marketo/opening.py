"""How a connection is opened: what it shares with all other functions, and how long its caller can wait."""

import time
from collections.abc import Callable

from touchline.adapters.marketo.access import Access, as_long_as_it_takes
from touchline.adapters.marketo.client import MarketoClient
from touchline.adapters.marketo.wire import http_client
from touchline.domain.marketo.connections import Connection
from touchline.marketo_ports import AccessTokens, ClientSecrets, Marketo, Pace, QuotaLedger


def system_clock() -> int:
    """Epoch ms."""
    return time.time_ns() // 1_000_000


def open_marketo(
    tenant: str,
    connection: Connection,
    execution: str | None,
    *,
    secrets: ClientSecrets,
    tokens: AccessTokens,
    ledger: QuotaLedger,
    pace: Pace,
    clock: Callable[[], int] = system_clock,
    sleep: Callable[[float], None] = time.sleep,
    time_left: Callable[[], int] = as_long_as_it_takes,
) -> Marketo:
    """`time_left`: ms until the function ends; what takes longer is not waited for but raised, with its until."""
    access = Access(
        tenant,
        connection,
        execution,
        http_client(connection.endpoint),
        secrets,
        tokens,
        ledger,
        pace,
        clock,
        sleep,
        time_left,
    )
    return MarketoClient(access)
