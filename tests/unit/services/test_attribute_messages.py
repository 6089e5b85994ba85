"""Messages of the attribution queue: worked off together, one's trouble its own."""

from collections.abc import Collection, Iterable, Sequence
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

    def of_actors(
        self, tenant: str, actors: Sequence[str], actions: Collection[str], span: TimeRange
    ) -> list[PersonEvent]:
        if self.failing & set(actors):
            raise StoreUnavailable("The search store answered 429.")
        return super().of_actors(tenant, actors, actions, span)


def bought(actor: str, at: int = NOW, tenant: str = "acme") -> dict[str, Any]:
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

    def do(self, *texts: str) -> Any:
        return attribute_messages([QueueMessage(f"m{n}", text) for n, text in enumerate(texts)], self.work)

    def people(self) -> set[tuple[str, str]]:
        return {(one["tenant"], one["person"]) for one in self.store.documents.values()}


def message(*actors: str, tenant: str = "acme") -> str:
    quoted = ",".join(f'"{actor}"' for actor in actors)
    return f'{{"v":1,"tenant":"{tenant}","actors":[{quoted}],"since":0,"reason":"events"}}'


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


def test_a_conversion_that_is_yet_to_come_is_looked_at_again_after_it(work: Work) -> None:
    work.do(message("p1", "early"))
    ((changed, seconds),) = work.queue.sent
    assert (changed.actors, changed.since, seconds) == (["early"], NOW, 25)


def test_a_goal_is_forgotten(work: Work) -> None:
    work.do(message("p1"), message("p1", tenant="other"))
    work.do('{"v":1,"tenant":"acme","actors":[],"since":0,"reason":"goal deleted","forget_goal":"g1"}')
    assert work.people() == {("other", "p1")}
