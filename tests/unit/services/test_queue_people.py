"""After indexing: who is put on the attribution queue, and when a message has to come again for it."""

from dataclasses import replace
from typing import Any

import pytest
from touchline.adapters.actor_finder import BytesActorFinder
from touchline.adapters.event_json import bulk_lines, encode_document
from touchline.adapters.memory.conversions import MemoryAttributionQueue
from touchline.adapters.memory.goals import MemoryGoals
from touchline.domain.goals import Goal
from touchline.domain.queries.filters import make_filter
from touchline.errors import StoreUnavailable
from touchline.ports import ChangedPeople, PackedBatch, UnpackedBatch
from touchline.services.queue_people import MARGIN_MS, PeopleQueue, WatchedGoals, queue_people

NOW = 1_795_000_000_000
DELAY = 20_000
GOAL = Goal("g1", 1, "Bought", ((make_filter("action", "eq", "bought", "x"),),), touch_actions=("opened",))


class CountedGoals(MemoryGoals):
    reads = 0

    def of_tenant(self, tenant: str) -> list[Goal]:
        self.reads += 1
        return super().of_tenant(tenant)


class Work:
    def __init__(self) -> None:
        self.goals = CountedGoals()
        self.queue = MemoryAttributionQueue()
        self.people = PeopleQueue(WatchedGoals(self.goals, 30_000), BytesActorFinder(), self.queue, DELAY)

    def index(self, tenant: str, *events: tuple[str, str, int], now: int = NOW) -> dict[str, str]:
        return queue_people([("m1", self.batch(tenant, *events, now=now))], self.people, now)

    def batch(self, tenant: str, *events: tuple[str, str, int], now: int = NOW) -> UnpackedBatch:
        documents = [_event(tenant, *event) for event in events]
        body = b"".join(bulk_lines("events-2026.11.18", "x", encode_document(one)) for one in documents)
        return UnpackedBatch(PackedBatch(tenant, len(documents), 0, now, b""), body)

    def sent(self) -> list[ChangedPeople]:
        return [changed for changed, _ in self.queue.sent]


def _event(tenant: str, actor: str, action: str, at: int) -> dict[str, Any]:
    return {"@timestamp": at, "sequence": 1, "tenant": tenant, "id": "e", "action": action, "actor": {"id": actor}}


@pytest.fixture
def work() -> Work:
    work = Work()
    work.goals.add("acme", GOAL)
    return work


def test_conversions_and_entries_are_always_sent_together(work: Work) -> None:
    events = ("ann", "bought", NOW), ("bob", "email_sent", NOW - 5), ("cy", "opened", NOW), ("di", "other", NOW)
    assert work.index("acme", *events) == {}
    (changed,) = work.sent()
    assert (changed.tenant, sorted(changed.actors), changed.since) == ("acme", ["ann", "bob"], NOW - 5)


@pytest.mark.parametrize(("age", "sent"), [(DELAY - MARGIN_MS - 1, False), (DELAY - MARGIN_MS, True)])
def test_a_touch_is_sent_where_a_conversion_may_have_been_computed_without_it(
    work: Work, age: int, *, sent: bool
) -> None:
    work.index("acme", ("ann", "opened", NOW - age))
    assert bool(work.sent()) is sent


def test_tenants_without_goals_send_nothing_and_are_asked_for_seldom(work: Work) -> None:
    for later in range(10):
        work.index("another", ("ann", "bought", NOW), now=NOW + later * 1_000)
    assert work.sent() == []
    assert work.goals.reads == 1


def test_a_new_goal_is_seen_after_the_time_that_goals_are_kept(work: Work) -> None:
    work.index("acme", ("ann", "signed_up", NOW))
    criteria = ((make_filter("action", "eq", "signed_up", "x"),),)
    work.goals.add("acme", replace(GOAL, id="g2", criteria=criteria))
    work.index("acme", ("ann", "signed_up", NOW), now=NOW + 29_999)
    assert work.sent() == []
    work.index("acme", ("ann", "signed_up", NOW), now=NOW + 30_000)
    assert len(work.sent()) == 1


def test_what_could_not_be_sent_comes_again(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise StoreUnavailable("The attribution queue is away.")

    monkeypatch.setattr(work.queue, "send", fail)
    assert work.index("acme", ("ann", "bought", NOW)) == {"m1": "The attribution queue is away."}
    assert work.index("acme", ("ann", "other", NOW)) == {}


def test_a_tenant_in_unforeseen_trouble_stops_no_other(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    work.goals.add("other", GOAL)
    of_tenant = work.goals.of_tenant

    def some(tenant: str) -> list[Goal]:
        if tenant == "acme":
            raise ValueError("ann@example.com")
        return of_tenant(tenant)

    monkeypatch.setattr(work.goals, "of_tenant", some)
    batches = [(name, work.batch(tenant, ("ann", "bought", NOW))) for name, tenant in (("m1", "acme"), ("m2", "other"))]
    assert queue_people(batches, work.people, NOW) == {"m1": "ValueError was not expected."}
    assert [changed.tenant for changed in work.sent()] == ["other"]
