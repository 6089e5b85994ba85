"""What one execution used of its connection, counted where every call is: at the ledger."""

from threading import Lock

from touchline.domain.marketo.connections import Connection
from touchline.domain.marketo.executions import Usage
from touchline.marketo_ports import LedgerDay, QuotaLedger, Reservation


class CountedLedger:
    """The ledger, with a note of what an execution took since `take` was last called."""

    def __init__(self, ledger: QuotaLedger, execution: str) -> None:
        self._ledger = ledger
        self._execution = execution
        self._lock = Lock()
        self._used = Usage()

    def take(self) -> Usage:
        with self._lock:
            used, self._used = self._used, Usage()
        return used

    def day(self, tenant: str, connection: Connection, now: int) -> LedgerDay:
        return self._ledger.day(tenant, connection, now)

    def reserve(self, tenant: str, connection: Connection, wanted: Reservation, now: int) -> None:
        self._ledger.reserve(tenant, connection, wanted, now)

    def use(
        self, tenant: str, connection: Connection, execution: str | None, *, calls: int = 0, size: int = 0, now: int
    ) -> None:
        self._ledger.use(tenant, connection, execution, calls=calls, size=size, now=now)
        if execution == self._execution:
            with self._lock:
                self._used = Usage(self._used.calls + calls, self._used.bytes + size)

    def release(self, tenant: str, connection: Connection, execution: str) -> None:
        self._ledger.release(tenant, connection, execution)
