"""What all calls over one connection share, and how long its caller can wait."""

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

import httpx

from touchline.domain.marketo.connections import Connection
from touchline.errors import MarketoUnavailable
from touchline.marketo_ports import AccessTokens, ClientSecrets, Pace, QuotaLedger

LONGEST_WAIT_MS: Final = 60_000  # what takes longer is waited for outside of functions
LEAST_TIME_MS: Final = 5_000  # that is left for a call


def as_long_as_it_takes() -> int:
    return 10**12


@dataclass(frozen=True, slots=True)
class Access:
    """`clock` in epoch ms; `sleep` in seconds; `time_left`: ms until the function that asks is ended."""

    tenant: str
    connection: Connection
    execution: str | None
    http: httpx.Client
    secrets: ClientSecrets
    tokens: AccessTokens
    ledger: QuotaLedger
    pace: Pace
    clock: Callable[[], int]
    sleep: Callable[[float], None]
    time_left: Callable[[], int] = field(default=as_long_as_it_takes)

    @property
    def token_key(self) -> str:
        """Tokens belong to the client id of one instance: with another one the connection has another token."""
        known_by = f"{self.connection.endpoint} {self.connection.client_id}"
        return f"{self.connection.id}#{sha256(known_by.encode()).hexdigest()[:16]}"

    def latest(self, needed_ms: int = LEAST_TIME_MS) -> int:
        """Epoch ms until which a wait may last, so that `needed_ms` are left for the call itself."""
        return self.clock() + min(LONGEST_WAIT_MS, self.time_left() - needed_ms)

    def wait_until(self, at: int) -> None:
        """Raises MarketoUnavailable where the function's time does not suffice."""
        now = self.clock()
        if at > now:
            if at - now > self.time_left():
                raise MarketoUnavailable("What Marketo asks to wait for is longer than this function lives.")
            self.sleep((at - now) / 1000)
