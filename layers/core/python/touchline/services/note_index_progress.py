"""How far each tenant's events are in the index, told often enough for people and seldom enough for the table."""

from typing import Final

from touchline.ports import Progress

EVERY_MS: Final = 5_000  # per container and tenant: at 600 events a second, one write in hundreds of requests


class IndexProgress:
    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._noted: dict[str, int] = {}

    def note(self, newest: dict[str, int], now: int) -> None:
        """`newest`: tenant → received-at of the newest event indexed; all in epoch ms."""
        for tenant, received_at in newest.items():
            if now - self._noted.get(tenant, -EVERY_MS) < EVERY_MS:
                continue
            self._progress.put(
                f"indexed#{tenant}",
                "latest",
                {"received_at": received_at, "indexed_at": now, "lag_ms": max(0, now - received_at)},
            )
            self._noted[tenant] = now
