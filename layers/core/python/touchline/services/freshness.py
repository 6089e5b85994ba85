"""How far behind the answers are: what was received last and is searchable, and how long that took."""

from typing import Any, Final

from touchline.ports import Progress

# The lag moves in seconds; reading it for each query would cost each a round trip.
REMEMBERED_MS: Final = 5_000
REFRESH_SECONDS: Final = 2  # the index makes new events searchable so often


class Freshness:
    """Read at most once in 5 s for each tenant, per container."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._remembered: dict[str, tuple[int, dict[str, Any]]] = {}

    def of(self, tenant: str, now: int) -> dict[str, Any]:
        remembered = self._remembered.get(tenant)
        if remembered is None or not 0 <= now - remembered[0] < REMEMBERED_MS:
            latest = self._progress.get(f"indexed#{tenant}", "latest") or {}
            remembered = now, {"refresh_seconds": REFRESH_SECONDS, "lag_ms": whole(latest.get("lag_ms"))}
            self._remembered[tenant] = remembered
        return remembered[1]


def whole(fact: Any) -> int | None:
    """Tables hand numbers back as decimals."""
    return None if fact is None else int(fact)
