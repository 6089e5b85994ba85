"""How far behind the computing of conversions is, told for each tenant, often enough for people and seldom enough for
the table."""

from collections.abc import Mapping
from typing import Final

from touchline.ports import Progress

EVERY_MS: Final = 5_000  # per container and tenant


class AttributionProgress:
    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._noted: dict[str, int] = {}

    def note(self, oldest: Mapping[str, int], now: int) -> None:
        """`oldest`: tenant → when the oldest of its messages was sent, of those worked off and of those that have to
        come again; all in epoch ms. Raises StoreUnavailable."""
        for tenant, sent_at in oldest.items():
            if now - self._noted.get(tenant, -EVERY_MS) < EVERY_MS:
                continue
            facts = {"sent_at": sent_at, "seen_at": now, "lag_ms": max(0, now - sent_at)}
            self._progress.put(f"attributed#{tenant}", "latest", facts)
            self._noted[tenant] = now
