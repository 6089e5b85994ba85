"""After indexing: whose conversions may have changed is put on the attribution queue.

A conversion is computed only after the queue's delay, so it sees every touch that was indexed by then. A touch needs a
message of its own exactly where it was indexed so long after it happened that a conversion behind it may have been
computed without it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from touchline.domain.goals import ENTRY_ACTIONS
from touchline.ports import ActorFinder, AttributionQueue, ChangedPeople, Goals, UnpackedBatch
from touchline.services.redeliver_messages import reason_of

# Clocks that differ, and the time from writing a document to its being found.
MARGIN_MS: Final = 4_000


@dataclass(frozen=True, slots=True)
class Watch:
    """The actions that matter to a tenant's goals."""

    always: frozenset[str]  # conversions and entries
    late: frozenset[str]  # touches


class WatchedGoals:
    """Remembered, as they are asked for with every batch. A new goal is watched everywhere after `kept_ms`."""

    def __init__(self, goals: Goals, kept_ms: int) -> None:
        self._goals = goals
        self._kept_ms = kept_ms
        self._known: dict[str, tuple[int, Watch | None]] = {}

    def of(self, tenant: str, now: int) -> Watch | None:
        """None where the tenant has no goals. Raises StoreUnavailable."""
        read_at, watch = self._known.get(tenant, (-self._kept_ms, None))
        if now - read_at >= self._kept_ms:
            watch = self._read(tenant)
            self._known[tenant] = (now, watch)
        return watch

    def _read(self, tenant: str) -> Watch | None:
        goals = self._goals.of_tenant(tenant)
        if not goals:
            return None
        always = frozenset(ENTRY_ACTIONS).union(*(goal.actions() for goal in goals))
        return Watch(always, frozenset().union(*(goal.touch_actions for goal in goals)) - always)


@dataclass(frozen=True, slots=True)
class PeopleQueue:
    watched: WatchedGoals
    finder: ActorFinder
    queue: AttributionQueue
    delay_ms: int  # the queue's


def queue_people(indexed: Sequence[tuple[str, UnpackedBatch]], people: PeopleQueue, now: int) -> dict[str, str]:
    """`indexed`: messages by id, in the index since `now` (epoch ms) at the latest. Those that have to come again, each
    with why; sending for a message twice is harmless."""
    by_tenant: dict[str, list[tuple[str, UnpackedBatch]]] = {}
    for message_id, unpacked in indexed:
        by_tenant.setdefault(unpacked.batch.tenant, []).append((message_id, unpacked))
    returned: dict[str, str] = {}
    for tenant, messages in by_tenant.items():
        try:
            _queue(tenant, [unpacked.body for _, unpacked in messages], people, now)
        except Exception as error:  # noqa: BLE001 - the other tenants' messages are done
            returned |= {message_id: reason_of(error) for message_id, _ in messages}
    return returned


def _queue(tenant: str, bodies: Sequence[bytes], people: PeopleQueue, now: int) -> None:
    watch = people.watched.of(tenant, now)
    if watch is None:
        return
    before = now - max(0, people.delay_ms - MARGIN_MS)
    found: dict[str, int] = {}
    for body in bodies:
        for actor, at in people.finder.find(body, watch.always, watch.late, before).items():
            found[actor] = min(at, found.get(actor, at))
    if found:
        people.queue.send(ChangedPeople(tenant, list(found), min(found.values()), "events"))
