"""How far behind the answers are: what was received last and is searchable, and how long that took."""

from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from touchline.domain.queries.clock import rfc3339
from touchline.domain.queries.durations import describe_duration
from touchline.ports import Progress

# The lag moves in seconds; reading it for each query would cost each a round trip.
REMEMBERED_MS: Final = 5_000
# Conversions wait some 20 s for the index before they are computed.
LATE_MS: Final = 90_000
# The longest pause before a failed message comes again is 15 min.
SEEN_MS: Final = 20 * 60_000
REFRESH_SECONDS: Final = 2  # the index makes new events searchable so often


class Freshness:
    """Read at most once in 5 s for each tenant, per container."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._remembered: dict[str, tuple[int, dict[str, Any]]] = {}
        self._attributed: dict[str, tuple[int, Attributed]] = {}

    def of(self, tenant: str, now: int) -> dict[str, Any]:
        remembered = self._remembered.get(tenant)
        if remembered is None or not 0 <= now - remembered[0] < REMEMBERED_MS:
            latest = self._progress.get(f"indexed#{tenant}", "latest") or {}
            remembered = now, {"refresh_seconds": REFRESH_SECONDS, "lag_ms": whole(latest.get("lag_ms"))}
            self._remembered[tenant] = remembered
        return remembered[1]

    def attributed(self, tenant: str, now: int) -> "Attributed":
        remembered = self._attributed.get(tenant)
        if remembered is None or not 0 <= now - remembered[0] < REMEMBERED_MS:
            remembered = now, attributed(self._progress, tenant, now)
            self._attributed[tenant] = remembered
        return remembered[1]


@dataclass(frozen=True, slots=True)
class Attributed:
    """How far behind the computing of conversions was when it was last seen; None where nothing was to be done
    lately. What fails comes again within a quarter of an hour, and is seen then."""

    lag_ms: int | None
    seen_at: int | None  # epoch ms

    def as_of(self, now: int) -> int:
        return now - (self.lag_ms or 0)

    def facts(self, zone: ZoneInfo) -> dict[str, Any]:
        return {"lag_ms": self.lag_ms, "seen_at": None if self.seen_at is None else rfc3339(self.seen_at, zone)}

    def notes(self) -> list[str]:
        if self.lag_ms is None or self.lag_ms <= LATE_MS:
            return []
        return [
            f"Conversions are computed {describe_duration(self.lag_ms // 1_000 * 1_000)} after their events at the "
            "moment: the latest are not in yet."
        ]


def attributed(progress: Progress, tenant: str, now: int) -> Attributed:
    facts = progress.get(f"attributed#{tenant}", "latest") or {}
    seen_at = whole(facts.get("seen_at"))
    if seen_at is None or now - seen_at > SEEN_MS:
        return Attributed(None, seen_at)
    return Attributed(whole(facts["lag_ms"]), seen_at)


def whole(fact: Any) -> int | None:
    """Tables hand numbers back as decimals."""
    return None if fact is None else int(fact)
