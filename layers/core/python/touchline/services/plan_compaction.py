"""Which batches the next compaction takes in, and which tenants' days they feed. One compaction runs at a time."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from touchline.domain.archive import BATCHES, PLANS, is_settled
from touchline.errors import TouchlineError
from touchline.ports import Archive, Batches, Leases

LEASE = "compact_archive"
# A run is over well within its schedule's hour. Past this, its steps refuse to go on and another may start.
LEASE_MS = 50 * 60 * 1000
# One round's work fits a function's 15 minutes and its folder; what is left is for the run's next round.
MAX_EVENTS = 3_000_000
MAX_BATCHES = 10_000


@dataclass
class Plan:
    """Kept in the archive while it is worked on: a list of batches is too long to be passed between steps."""

    owner: str
    until: int  # epoch ms: when the lease ends
    feeds: dict[str, dict[str, list[str]]] = field(default_factory=dict)  # batch → tenant → days
    more: bool = False  # batches after these wait for another round

    @property
    def key(self) -> str:
        return f"{PLANS}{self.owner}.json"

    @property
    def last(self) -> str:
        return max(self.feeds, default="")

    def feeds_of(self, tenant: str) -> dict[str, list[str]]:
        """The tenant's batches, each with the days that it has events of."""
        return {batch: tenants[tenant] for batch, tenants in self.feeds.items() if tenant in tenants}

    def tenants(self) -> list[str]:
        return sorted({tenant for tenants in self.feeds.values() for tenant in tenants})

    def to_json(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, body: bytes) -> "Plan":
        return cls(**json.loads(body))


def plan_compaction(
    archive: Archive,
    batches: Batches,
    leases: Leases,
    *,
    owner: str,
    now: int,
    settled_only: bool = True,
    after: str = "",
) -> Plan | None:
    """None where another compaction is under way. `settled_only=False` takes the present hour's batches, too.

    A round begins `after` the last batch of the round before: batches that had to stay hold up none that follow.
    """
    until = now + LEASE_MS
    if not leases.take(LEASE, owner, now, until):
        return None
    keys = (key for key in archive.keys(BATCHES, after) if not settled_only or is_settled(key, now))
    try:
        plan = _plan(Plan(owner, until), batches, keys)
        archive.put(plan.key, plan.to_json())
    except TouchlineError:
        leases.give_back(LEASE, owner)  # or the retry would find it taken
        raise
    return plan


def _plan(plan: Plan, batches: Batches, keys: Iterable[str]) -> Plan:
    events = 0
    for key in keys:
        if events >= MAX_EVENTS or len(plan.feeds) == MAX_BATCHES:
            plan.more = True
            break
        counted = Counter((event.tenant, event.day) for event in batches.events(key))
        events += counted.total()
        plan.feeds[key] = _by_tenant(counted)
    return plan


def _by_tenant(partitions: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    days: dict[str, list[str]] = {}
    for tenant, day in sorted(partitions):
        days.setdefault(tenant, []).append(day)
    return days
