"""Whether a customer's events have arrived: how far behind the index is, and whether the books balance.

The queue is shared, so how much waits on it is never told: it would be other customers' load.
"""

from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from touchline.domain.queries.clock import DAY, first_instant, rfc3339, wall_time
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.tenancy import Tenant
from touchline.ports import EventQueue, EventReports, Progress
from touchline.services.freshness import REFRESH_SECONDS, attributed, whole

# The newest event is sought this far back; a tenant that sent nothing for so long has none.
SEARCHED_DAYS: Final = 60
# Progress is noted every 5 s and 95 % of events are searchable within 5 s; the rest is for the slower ones.
RECENT_MS: Final = 15_000
DIFFERENCE: Final = ("day", "action")


@dataclass(frozen=True, slots=True)
class Books:
    """Where the road's state is written down."""

    reports: EventReports
    progress: Progress
    queue: EventQueue


def report_status(books: Books, tenant: Tenant, zone: ZoneInfo, now: int) -> dict[str, Any]:
    today = TimeRange(first_instant(wall_time(now, zone).replace(hour=0, minute=0, second=0, microsecond=0), zone), now)
    newest = books.reports.newest(tenant.id, TimeRange(now - SEARCHED_DAYS * DAY, now + DAY))
    counted = books.reports.newest(tenant.id, TimeRange(today.start, now + DAY)) if newest else None
    indexed = books.progress.get(f"indexed#{tenant.id}", "latest") or {}
    return {
        "as_of": rfc3339(now, zone),
        "time_zone": zone.key,
        "index": {
            "caught_up": _caught_up(books.queue.depth(), indexed, now),
            "refresh_seconds": REFRESH_SECONDS,
            "lag_ms": whole(indexed.get("lag_ms")),
            "received_at": _moment(indexed.get("received_at"), zone),
            "indexed_at": _moment(indexed.get("indexed_at"), zone),
        },
        "attribution": attributed(books.progress, tenant.id, now).facts(zone),
        "newest_event": {
            "happened_at": rfc3339(newest.happened_at, zone),
            "received_at": rfc3339(newest.received_at, zone),
        }
        if newest
        else None,
        "events_today": counted.events if counted else 0,
        "reconciliation": _reconciliation(books.progress, tenant.id),
        "compaction": _compaction(books.progress),
    }


def _caught_up(waiting: int, indexed: dict[str, Any], now: int) -> bool | None:
    """None where only others' events may be waiting: nobody notes what a tenant sent last, for it would cost a write a
    request."""
    if not waiting:
        return True
    received_at, indexed_at = whole(indexed.get("received_at")), whole(indexed.get("indexed_at"))
    if received_at is None or indexed_at is None:
        return None
    if now - received_at <= RECENT_MS:
        return True
    return False if now - indexed_at <= RECENT_MS else None


def _moment(at: Any, zone: ZoneInfo) -> str | None:
    return None if at is None else rfc3339(int(at), zone)


def _reconciliation(progress: Progress, tenant: str) -> dict[str, Any] | None:
    """The last comparison of archive and index, with this tenant's differences only."""
    found = progress.newest("reconciliation", 1)
    if not found:
        return None
    facts = found[0]
    own = progress.get(f"reconciliation#{tenant}", facts["sk"]) or {"found": 0, "kept": []}
    differences = [
        {
            **{name: one.get(name) for name in DIFFERENCE},
            "archived": whole(one["archived"]),
            "indexed": whole(one["indexed"]),
        }
        for one in own["kept"]
    ]
    return {
        "at": facts["sk"],
        "first_day": facts.get("first_day"),
        "last_day": facts.get("last_day"),
        "balanced": not own["found"],
        "differences_found": whole(own["found"]),
        "differences": differences,
    }


def _compaction(progress: Progress) -> dict[str, Any] | None:
    found = progress.newest("compaction", 1)
    return {"at": found[0]["sk"]} if found else None
