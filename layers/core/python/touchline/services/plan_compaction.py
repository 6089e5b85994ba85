"""Which batches the next compaction takes in, and which tenants' days they feed. One compaction runs at a time."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from touchline.domain.archive import BATCHES, PLANS, is_settled
from touchline.errors import TouchlineError
from touchline.ports import Archive, Batches, Leases

LEASE = "compact_archive"
# A run is over well within its schedule's hour. Past this, its steps refuse to go on and another may start.
LEASE_MS = 50 * 60 * 1000
# One run's work fits a function's 15 minutes and its folder; what is left waits for the next run.
MAX_EVENTS = 3_000_000
MAX_BATCHES = 10_000


@dataclass
class Plan:
    """Kept in the archive while it is worked on: a list of batches is too long to be passed between steps."""

    owner: str
    until: int  # epoch ms: when the lease ends
    feeds: dict[str, dict[str, list[str]]] = field(default_factory=dict)  # batch → tenant → days

    @property
    def key(self) -> str:
        return f"{PLANS}{self.owner}.json"

    def feeds_of(self, tenant: str) -> dict[str, list[str]]:
        """The tenant's batches, each with the days that it has events of."""
        return {batch: tenants[tenant] for batch, tenants in self.feeds.items() if tenant in tenants}

    def tenants(self) -> list[str]:
        return sorted({tenant for tenants in self.feeds.values() for tenant in tenants})

    def to_json(self) -> bytes:
        return json.dumps({"owner": self.owner, "until": self.until, "feeds": self.feeds}).encode()

    @classmethod
    def from_json(cls, body: bytes) -> "Plan":
        return cls(**json.loads(body))


def plan_compaction(
    archive: Archive, batches: Batches, leases: Leases, *, owner: str, now: int, settled_only: bool = True
) -> Plan | None:
    """None where another compaction is under way. `settled_only=False` takes the present hour's batches, too."""
    until = now + LEASE_MS
    if not leases.take(LEASE, owner, now, until):
        return None
    keys = (key for key in archive.keys(BATCHES) if not settled_only or is_settled(key, now))
    try:
        plan = Plan(owner, until, _feeds(batches, keys))
        archive.put(plan.key, plan.to_json())
    except TouchlineError:
        leases.give_back(LEASE, owner)  # or the retry would find it taken
        raise
    return plan


def _feeds(batches: Batches, keys: Iterable[str]) -> dict[str, dict[str, list[str]]]:
    feeds: dict[str, dict[str, list[str]]] = {}
    events = 0
    for key in keys:
        if events >= MAX_EVENTS or len(feeds) == MAX_BATCHES:
            break
        counted = Counter((event.tenant, event.day) for event in batches.events(key))
        events += counted.total()
        feeds[key] = _by_tenant(counted)
    return feeds


def _by_tenant(partitions: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    days: dict[str, list[str]] = {}
    for tenant, day in sorted(partitions):
        days.setdefault(tenant, []).append(day)
    return days
