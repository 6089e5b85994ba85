"""Messages of the attribution queue: worked off together, one's trouble its own."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from touchline.adapters.attribution_queue import read_changed
from touchline.adapters.memory.conversions import MemoryAttributionQueue, MemoryConversionStore, MemoryPersonEvents
from touchline.adapters.memory.goals import MemoryGoals
from touchline.adapters.memory.identities import MemoryIdentities
from touchline.domain.conversions import PersonEvent
from touchline.domain.goals import Goal
from touchline.domain.queries.filters import make_filter
from touchline.domain.queries.ranges import TimeRange
from touchline.errors import StoreUnavailable
from touchline.ports import ChangedPeople
from touchline.services import attribute_messages as service
from touchline.services.attribute_messages import Attribution, attribute_messages
from touchline.services.attribute_people import AttributionParts
from touchline.services.index_batches import QueueMessage

NOW = 1_795_000_000_000
GOAL = Goal("g1", 1, "Bought", ((make_filter("action", "eq", "bought", "x"),),), touch_actions=("opened",))


class Events(MemoryPersonEvents):
    """A store that fails for some."""

    def __init__(self, documents: Iterable[dict[str, Any]]) -> None:
        super().__init__(documents)
        self.failing: set[str] = set()
        self.puzzling: set[str] = set()
        self.asked = 0

    def of_actors(
        self,
        tenant: str,
        actors: Sequence[str],
        actions: Collection[str],
        span: TimeRange,
        most: int,
        asked: Collection[str] = (),
    ) -> list[PersonEvent] | None:
        self.asked += 1
        if self.puzzling & set(actors):
            raise KeyError("ann@example.com")
        if self.failing & set(actors):
            raise StoreUnavailable("The search store answered 429.")
        return super().of_actors(tenant, actors, actions, span, most, asked)


def bought(actor: str, at: int = NOW - 30_000, tenant: str = "acme") -> dict[str, Any]:
    document = {"@timestamp": at, "sequence": at, "tenant": tenant, "id": f"e-{actor}", "action": "bought"}
    return document | {"_id": f"{tenant}-e-{actor}", "actor": {"id": actor}}


class Work:
    def __init__(self) -> None:
        people = [f"p{n}" for n in range(20)]
        self.events = Events([*(bought(p) for p in people), bought("p1", tenant="other"), bought("early", NOW + 5_000)])
        self.store = MemoryConversionStore()
        self.queue = MemoryAttributionQueue()
        goals = MemoryGoals()
        for tenant in ("acme", "other"):
            goals.add(tenant, GOAL)
        parts = AttributionParts(MemoryIdentities(), self.events, self.store)
        self.work = Attribution(parts, goals, self.queue, read_changed, lambda: NOW, 0, 20_000)

    def do(self, *texts: str, receives: int = 1) -> Any:
        messages = [QueueMessage(f"m{n}", text, "", receives) for n, text in enumerate(texts)]
        return attribute_messages(messages, self.work)

    def people(self) -> set[tuple[str, str]]:
        return {(one["tenant"], one["person"]) for one in self.store.documents.values()}


def _text(changed: ChangedPeople) -> str:
    return message(*changed.actors, since=changed.since)


def message(*actors: str, tenant: str = "acme", since: int = 0) -> str:
    quoted = ",".join(f'"{actor}"' for actor in actors)
    return f'{{"v":1,"tenant":"{tenant}","actors":[{quoted}],"since":{since},"reason":"events"}}'


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    monkeypatch.setattr(service, "ACTORS_AT_ONCE", 2)
    return Work()


def test_the_people_of_all_messages_are_computed_once(work: Work) -> None:
    done = work.do(message("p1", "p2", "p3"), message("p3", "p4", "p5"), message("p1", tenant="other"))
    assert (done.returned, done.poisoned) == ({}, {})
    assert work.people() == {*(("acme", f"p{n}") for n in range(1, 6)), ("other", "p1")}
    assert (done.total.people, done.total.conversions) == (6, 6)


def test_only_messages_with_people_in_trouble_come_again(work: Work) -> None:
    work.events.failing = {"p4"}
    done = work.do(message("p1", "p2"), message("p3", "p4"), message("p5", "p6"))
    assert done.returned == {"m1": "The search store answered 429."}
    assert {("acme", "p1"), ("acme", "p6")} <= work.people()
    work.events.failing = set()
    assert work.do(message("p3", "p4")).returned == {}
    assert ("acme", "p4") in work.people()


POISON = [
    "",
    "[]",
    '{"v":2}',
    '{"v":1,"tenant":"acme","actors":[1],"since":0}',
    '{"v":1,"actors":[],"since":0}',
    '{"v":1,"tenant":"acme","actors":[],"since":"0"}',
]


@pytest.mark.parametrize("text", POISON)
def test_poison_stays_alone(work: Work, text: str) -> None:
    done = work.do(text, message("p1"))
    assert list(done.poisoned) == ["m0"]
    assert work.people() == {("acme", "p1")}


def test_a_person_that_nothing_was_foreseen_for_stops_nobody_else(work: Work) -> None:
    work.events.puzzling = {"p3"}
    done = work.do(message("p1", "p2"), message("p3", "p4"), message("p1", tenant="other"))
    assert done.returned == {"m1": "KeyError was not expected."}
    assert work.people() == {("acme", "p1"), ("acme", "p2"), ("acme", "p4"), ("other", "p1")}


def test_whom_the_store_gives_up_on_is_computed_alone_when_it_keeps_happening(work: Work) -> None:
    work.events.failing = {"p3"}
    assert work.do(message("p3", "p4")).returned
    assert work.people() == set()
    assert work.do(message("p3", "p4"), receives=service.HALVED_FROM).returned
    assert work.people() == {("acme", "p4")}


def test_a_store_that_is_away_is_not_asked_without_end(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "ACTORS_AT_ONCE", 500)
    actors = [f"q{n}" for n in range(500)]
    work.events.failing = set(actors)
    assert list(work.do(message(*actors), receives=9).returned) == ["m0"]
    assert work.events.asked <= 2 * service.MOST_HALVED + 1


def test_a_tenant_whose_goals_cannot_be_read_stops_no_other(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    of_tenant = work.work.goals.of_tenant

    def some(tenant: str) -> list[Goal]:
        if tenant == "acme":
            raise ValueError("damaged")
        return of_tenant(tenant)

    monkeypatch.setattr(work.work.goals, "of_tenant", some)
    done = work.do(message("p1"), message("p1", tenant="other"))
    assert done.returned == {"m0": "ValueError was not expected."}
    assert work.people() == {("other", "p1")}


def test_what_was_read_too_long_ago_is_not_written(work: Work) -> None:
    """Else it could bring back what a later computation deleted, or never knew of."""
    times = iter([NOW, NOW, NOW + 16_001])
    late = replace(work.work, clock=lambda: next(times, NOW + 16_001))
    done = attribute_messages([QueueMessage("m0", message("p1"))], late)
    assert list(done.returned) == ["m0"]
    assert work.people() == set()
    times = iter([NOW, NOW, NOW + 16_000])
    soon = replace(work.work, clock=lambda: next(times, NOW + 16_000))
    assert attribute_messages([QueueMessage("m0", message("p1"))], soon).returned == {}
    assert work.people() == {("acme", "p1")}


def test_more_than_one_run_computes_is_gone_on_with(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_TOUCHES", 3)
    # Three at a time in one moment: of a moment all are computed, so that each message has less to do.
    work.events.documents += [bought("bot", NOW - 90_000 + n // 3) | {"_id": f"bot{n}"} for n in range(10)]
    waiting, rounds = [message("bot", "p1")], 0
    while waiting:
        assert work.do(*waiting).returned == {}
        waiting = [_text(changed) for changed, _ in work.queue.sent]
        work.queue.sent.clear()
        rounds += 1
    assert sum(one["person"] == "bot" for one in work.store.documents.values()) == 10
    assert 3 <= rounds <= 5


@pytest.mark.parametrize(("ahead_ms", "seconds"), [(5_000, 25), (0, 20), (-19_999, 1)])
def test_a_conversion_that_touches_may_yet_come_to_is_looked_at_again_after_it(
    work: Work, ahead_ms: int, seconds: int
) -> None:
    """A touch that happens within the queue's delay and before a conversion has no message of its own."""
    work.events.documents = [bought("early", NOW + ahead_ms), bought("p1", NOW - 20_000)]
    work.do(message("p1", "early"))
    ((changed, waited),) = work.queue.sent
    assert (changed.actors, changed.since, waited) == (["early"], NOW - 20_000, seconds)


def test_a_goal_is_forgotten(work: Work) -> None:
    work.do(message("p1"), message("p1", tenant="other"))
    work.do('{"v":1,"tenant":"acme","actors":[],"since":0,"reason":"goal deleted","forget_goal":"g1"}')
    assert work.people() == {("other", "p1")}
