"""What connections use, in memory: the same arithmetic under a lock."""

from collections import defaultdict
from threading import Lock
from typing import Final

from touchline.domain.marketo.connections import Connection
from touchline.domain.marketo.ledger import LedgerDay, Reservation, current, released, reserved, used
from touchline.domain.marketo.pacing import Caller, PaceState, Turn, entered, left, slowed
from touchline.marketo_ports import AccessToken

LEASE_MS: Final = 30_000


class MemoryQuotaLedger:
    def __init__(self) -> None:
        self._days: dict[tuple[str, str], LedgerDay] = {}
        self._lock = Lock()

    def day(self, tenant: str, connection: Connection, now: int) -> LedgerDay:
        return current(self._days.get((tenant, connection.id)), now)

    def reserve(self, tenant: str, connection: Connection, wanted: Reservation, now: int) -> None:
        with self._lock:
            self._days[tenant, connection.id] = reserved(self.day(tenant, connection, now), wanted, connection.share)

    def use(
        self, tenant: str, connection: Connection, execution: str | None, *, calls: int = 0, size: int = 0, now: int
    ) -> None:
        with self._lock:
            day = self.day(tenant, connection, now)
            self._days[tenant, connection.id] = used(day, execution, calls, size, connection.share)

    def release(self, tenant: str, connection: Connection, execution: str) -> None:
        with self._lock:
            kept = self._days.get((tenant, connection.id))
            if kept is not None:
                self._days[tenant, connection.id] = released(kept, execution)


class MemoryPace:
    def __init__(self) -> None:
        self._states: defaultdict[tuple[str, str], PaceState] = defaultdict(PaceState)
        self._lock = Lock()

    def enter(self, tenant: str, connection: Connection, now: int, caller: Caller) -> Turn:
        with self._lock:
            state, turn = entered(self._states[tenant, connection.id], connection.share, now, caller)
            self._states[tenant, connection.id] = state
            return turn

    def leave(self, tenant: str, connection: Connection, place: str) -> None:
        with self._lock:
            self._states[tenant, connection.id] = left(self._states[tenant, connection.id], place)

    def slow_down(self, tenant: str, connection: Connection, now: int, *, code: str, until: int | None = None) -> None:
        with self._lock:
            self._states[tenant, connection.id] = slowed(self._states[tenant, connection.id], now, code, until)


class MemoryAccessTokens:
    def __init__(self) -> None:
        self._tokens: dict[tuple[str, str], AccessToken] = {}
        self._leases: dict[tuple[str, str], int] = {}
        self._lock = Lock()

    def get(self, tenant: str, connection: str) -> AccessToken | None:
        return self._tokens.get((tenant, connection))

    def put(self, tenant: str, connection: str, token: AccessToken) -> None:
        self._tokens[tenant, connection] = token

    def lease(self, tenant: str, connection: str, now: int) -> bool:
        with self._lock:
            if self._leases.get((tenant, connection), 0) > now:
                return False
            self._leases[tenant, connection] = now + LEASE_MS
            return True

    def give_back(self, tenant: str, connection: str) -> None:
        self._leases.pop((tenant, connection), None)
