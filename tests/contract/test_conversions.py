"""People's events, conversions and memberships: one contract for memory and a real node."""

import itertools
from dataclasses import dataclass, replace
from typing import Any

import pytest
from opensearchpy import OpenSearch
from touchline.adapters.memory.conversions import MemoryConversionStore, MemoryPersonEvents
from touchline.adapters.opensearch import conversions, people, person_events
from touchline.adapters.opensearch.attributed_templates import conversion_template, membership_template
from touchline.adapters.opensearch.client import connect
from touchline.adapters.opensearch.conversions import OpenSearchConversionStore
from touchline.adapters.opensearch.person_events import OpenSearchPersonEvents
from touchline.adapters.opensearch.templates import event_template
from touchline.domain.conversions import Conversion, PersonEvent, Placed, conversion_document
from touchline.domain.event_documents import DocumentIds, event_index
from touchline.domain.goals import Goal
from touchline.domain.memberships import Entry, membership_documents
from touchline.domain.queries.filters import make_filter
from touchline.domain.queries.ranges import TimeRange
from touchline.ports import ConversionStore, PersonEvents

NOW = 1_795_000_000_000
DAY = 86_400_000
_numbers = itertools.count()
GOAL = Goal("g1", 1, "Bought", ((make_filter("action", "eq", "bought", "x"),),), value="event")


@pytest.fixture(scope="module")
def client(search_node: Any) -> OpenSearch:
    found = connect(search_node.url, region="us-east-1", timeout_seconds=20)
    found.indices.put_index_template(name="events", body=event_template(1, 0))
    found.indices.put_index_template(name="conversions", body=conversion_template(0))
    found.indices.put_index_template(name="memberships", body=membership_template(0))
    return found


@dataclass
class Stores:
    events: PersonEvents
    conversions: ConversionStore
    client: OpenSearch | None
    tenant: str

    def add(self, documents: list[dict[str, Any]]) -> None:
        """Each with its `_id`."""
        if self.client is None:
            assert isinstance(self.events, MemoryPersonEvents)
            self.events.documents += documents
            return
        lines: list[dict[str, Any]] = []
        for one in documents:
            lines.append({"create": {"_index": event_index(one["@timestamp"]), "_id": one["_id"]}})
            lines.append({name: value for name, value in one.items() if name != "_id"})
        assert not self.client.bulk(body=lines, params={"refresh": "true"})["errors"]

    def refresh(self) -> None:
        if self.client is not None:
            self.client.indices.refresh(index="conversions-*,memberships")

    def stored(self, *actors: str, goal: str = "g1") -> dict[str, Placed]:
        self.refresh()
        return {one.id: one for one in self.conversions.of_people(self.tenant, actors, {goal})}


@pytest.fixture(params=["memory", pytest.param("opensearch", marks=pytest.mark.search)])
def stores(request: pytest.FixtureRequest) -> Stores:
    tenant = f"acme{next(_numbers)}"
    if request.param == "memory":
        return Stores(MemoryPersonEvents(), MemoryConversionStore(), None, tenant)
    client: OpenSearch = request.getfixturevalue("client")
    return Stores(OpenSearchPersonEvents(client), OpenSearchConversionStore(client), client, tenant)


def event(tenant: str, number: int, actor: str, action: str, at: int, **more: Any) -> dict[str, Any]:
    return {
        "_id": DocumentIds(tenant).of(f"e{number}".encode()),
        "@timestamp": at,
        "sequence": NOW * 1_000_000 + number,
        "tenant": tenant,
        "id": f"e{number}",
        "action": action,
        "actor": {"id": actor},
        **more,
    }


def conversion(tenant: str, number: int, person: str, computed_at: int, at: int = NOW, goal: Goal = GOAL) -> Placed:
    document = event(tenant, number, person, "bought", at, value={"amount_e4": 999, "currency": "EUR"})
    touch = event(
        tenant,
        1_000 + number,
        person,
        "link_clicked",
        at - DAY,
        context={"campaign": "spring", "channel": "email"},
        object={"id": "m1"},
        properties=["plan=pro"],
    )
    bought, clicked = (PersonEvent.of(one.pop("_id"), one) for one in (document, touch))
    return conversion_document(tenant, person, Conversion(goal, bought), [clicked], computed_at)


def test_people_are_read_whole_and_nobody_else(stores: Stores) -> None:
    tenant = stores.tenant
    mine = [event(tenant, n, "ann", "bought", NOW - n * DAY) for n in range(4)]
    others = [
        event(tenant, 10, "bob", "bought", NOW),
        event(tenant, 11, "ann", "opened", NOW),
        event("another", 12 + next(_numbers), "ann", "bought", NOW),
    ]
    stores.add(mine + others)
    found = stores.events.of_actors(tenant, ["ann", "nobody"], {"bought"}, TimeRange(NOW - 2 * DAY, NOW + 1), 9)
    assert found is not None
    assert sorted(one.id for one in found) == sorted(one["_id"] for one in mine[:3])
    assert all(one.document["actor"]["id"] == "ann" and one.at == one.document["@timestamp"] for one in found)


FULL: dict[str, Any] = {
    "context": {
        "campaign": "spring",
        "journey": "j",
        "channel": "email",
        "message": "m",
        "variant": "A",
        "segment": "s",
    },
    "object": {"id": "o1", "type": "offer", "name": "Größe ☃"},
    "resource": {"id": "/pricing", "type": "page"},
    "value": {"amount_e4": -(2**52), "currency": "EUR"},
    "properties": ["price:=12.5", "plan=pro", "plan=free", "plan=pro"],
}


@pytest.mark.parametrize("asked", [set(), {"action", "properties.plan", "value.amount"}, {"actor.email_hash"}])
def test_an_event_has_all_that_conversions_and_touches_tell(stores: Stores, asked: set[str]) -> None:
    tenant = stores.tenant
    whole = event(tenant, 1, "ann", "bought", NOW - 1, **FULL)
    whole["actor"] |= {"type": "contact", "email_hash": "ab" * 32}
    stores.add([whole, event(tenant, 2, "ann", "bought", NOW)])
    span = TimeRange(NOW - DAY, NOW + 1)
    read = stores.events.of_actors(tenant, ["ann"], {"bought"}, span, 9, asked)
    ends, _ = stores.events.ends_of(tenant, ["ann"], {"bought"}, span, first=1, latest=1, asked=asked)
    for found in (read, ends):
        assert found is not None
        first, second = sorted(found, key=PersonEvent.place)
        assert (first.id, first.at, first.sequence, first.action) == (
            whole["_id"],
            NOW - 1,
            whole["sequence"],
            "bought",
        )
        for name in ("context", "object", "resource", "value", "tenant", "id"):
            assert first.document[name] == whole[name]
        assert sorted(set(first.document["properties"])) == sorted(set(FULL["properties"]))
        assert first.document["actor"]["type"] == "contact"
        assert not asked & {"actor.email_hash"} or first.document["actor"]["email_hash"] == "ab" * 32
        assert second.document.keys() == {"@timestamp", "sequence", "tenant", "id", "action", "actor"}


def test_events_of_days_whose_ids_have_no_column_are_read_whole(stores: Stores) -> None:
    day = NOW - 333 * DAY  # of no other test
    if stores.client is not None:
        kept_only = {"type": "keyword", "index": False, "doc_values": False}
        body = {"mappings": {"properties": {"id": kept_only}}}
        stores.client.indices.create(index=event_index(day), body=body)
    tenant = stores.tenant
    documents = [event(tenant, n, "ann", "bought", day + n * 2 * DAY) for n in range(2)]
    stores.add(documents)
    found = stores.events.of_actors(tenant, ["ann"], {"bought"}, TimeRange(day, NOW + 1), 9)
    assert sorted(one.id for one in found or ()) == sorted(one["_id"] for one in documents)


def test_more_than_one_search_gives_is_read_in_parts(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "MOST_HITS", 7)
    tenant = stores.tenant
    documents = [event(tenant, n, f"p{n % 5}", "bought", NOW - n * 1_000) for n in range(60)]
    stores.add(documents)
    found = stores.events.of_actors(tenant, [f"p{n}" for n in range(5)], {"bought"}, TimeRange(NOW - DAY, NOW + 1), 60)
    assert found is not None
    assert sorted(one.id for one in found) == sorted(one["_id"] for one in documents)


def test_too_many_are_none(stores: Stores) -> None:
    tenant = stores.tenant
    stores.add([event(tenant, n, "ann", "bought", NOW - n) for n in range(5)])
    span = TimeRange(NOW - DAY, NOW + 1)
    assert stores.events.of_actors(tenant, ["ann"], {"bought"}, span, 4) is None
    assert len(stores.events.of_actors(tenant, ["ann"], {"bought"}, span, 5) or ()) == 5


@pytest.mark.parametrize("at_once", [2, 5_000])
def test_the_first_and_the_latest_are_read_and_all_counted(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(person_events, "ACTORS_A_SEARCH", at_once)
    tenant = stores.tenant
    documents = [event(tenant, n, f"p{n % 3}", "bought", NOW - DAY + n // 2) for n in range(20)]
    stores.add([*documents, event(tenant, 90, "p0", "opened", NOW), event(tenant, 91, "other", "bought", NOW)])
    actors, span = ["p0", "p1", "p2"], TimeRange(NOW - DAY, NOW + 1)
    found, count = stores.events.ends_of(tenant, actors, {"bought"}, span, first=2, latest=3)
    assert sorted(one.sequence for one in found) == [documents[n]["sequence"] for n in (0, 1, 17, 18, 19)]
    assert count == 20
    found, count = stores.events.ends_of(tenant, actors, {"bought"}, TimeRange(NOW - 1, NOW), first=2)
    assert (found, count) == ([], 0)


def test_more_actors_than_a_search_takes_are_asked_for_in_parts(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "ACTORS_A_SEARCH", 2)
    tenant = stores.tenant
    stores.add([event(tenant, n, f"p{n}", "bought", NOW) for n in range(5)])
    found = stores.events.of_actors(tenant, [f"p{n}" for n in range(5)], {"bought"}, TimeRange(NOW, NOW + 1), 9)
    assert sorted(one.actor for one in found or ()) == [f"p{n}" for n in range(5)]


def test_conversions_are_read_whole_by_id(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversions, "GOT_AT_ONCE", 2)
    mine = [conversion(stores.tenant, n, "ann", 10) for n in range(3)]
    stores.conversions.write(mine, [], 10)
    found = stores.conversions.whole(
        [*(one.place for one in mine), (mine[0].index, "nothing"), ("conversions-1970.01", "x")]
    )
    assert found == mine
    assert stores.conversions.whole([]) == []


def test_what_is_written_is_found_by_person_and_goal(stores: Stores) -> None:
    tenant = stores.tenant
    mine, others = conversion(tenant, 1, "ann", 10), conversion(tenant, 2, "bob", 10)
    entry = Entry("campaign", "spring", "e9", NOW - DAY, 5)
    bought = Conversion(GOAL, PersonEvent("x", NOW, 6, "bought", {}))
    members = membership_documents(tenant, "ann", [entry], [bought], 10)
    stores.conversions.write([mine, others, *members], [], 10)
    found = stores.stored("ann")
    assert found.keys() == {one.id for one in [mine, *members]}
    assert found[mine.id].document["person"] == "ann"
    assert found[mine.id].place == mine.place
    assert {one.document.get("kind") for one in found.values()} == {None, "member", "converted"}
    # Entries belong to no goal.
    assert [one.document["kind"] for one in stores.stored("ann", goal="another").values()] == ["member"]


FACTS = (
    *("kind", "tenant", "goal", "goal_version", "event", "person", "@timestamp", "sequence", "dimension"),
    *("converted_at", "computed_at"),
)


def all_kinds(tenant: str) -> list[Placed]:
    entry = Entry("campaign", "Größe ☃", "e9", NOW - DAY, 2**60 + 1)
    bought = Conversion(GOAL, PersonEvent("x", NOW, 6, "bought", {}))
    return [conversion(tenant, 1, "ann", 10), *membership_documents(tenant, "ann", [entry], [bought], 10)]


def test_all_that_decides_whether_it_stays_is_told(stores: Stores) -> None:
    written = all_kinds(stores.tenant)
    stores.conversions.write(written, [], 10)
    found = stores.stored("ann")
    assert {one.place for one in found.values()} == {one.place for one in written}
    for one in written:
        before, read = one.document, found[one.id].document
        assert {name: read.get(name) for name in FACTS} == {name: before.get(name) for name in FACTS}
        if "kind" in before:
            assert read["value"] == before["value"]


@pytest.mark.search
def test_memberships_of_before_their_events_had_columns_are_read_whole(client: OpenSearch) -> None:
    kept_only = {"index": False, "doc_values": False}
    properties = {"event": {"type": "keyword", **kept_only}, "sequence": {"type": "long", **kept_only}}
    client.indices.delete(index="memberships", params={"ignore_unavailable": "true"})
    client.indices.create(index="memberships", body={"mappings": {"properties": properties}})
    try:
        stores = Stores(OpenSearchPersonEvents(client), OpenSearchConversionStore(client), client, "before")
        written = all_kinds("before")
        stores.conversions.write(written, [], 10)
        for _ in range(2):
            found = stores.stored("ann")
            assert {one.place for one in found.values()} == {one.place for one in written}
            assert {one.document["sequence"] for one in found.values() if one.document.get("kind") == "member"} == {
                2**60 + 1
            }
    finally:
        client.indices.delete(index="memberships")
        client.indices.create(index="memberships")


def test_of_two_the_one_computed_later_wins(stores: Stores) -> None:
    tenant = stores.tenant
    later, earlier = conversion(tenant, 1, "ann", 20), conversion(tenant, 1, "ann", 10)
    stores.conversions.write([later], [], 20)
    stores.conversions.write([earlier], [], 10)
    assert stores.stored("ann")[later.id].document["computed_at"] == 20
    stores.conversions.write([], [later], 15)
    assert stores.stored("ann")
    stores.conversions.write([], [later], 20)
    assert not stores.stored("ann")
    stores.conversions.write([earlier], [], 10)
    assert not stores.stored("ann")


def test_what_became_another_persons_is_not_deleted(stores: Stores) -> None:
    tenant = stores.tenant
    before, after = conversion(tenant, 1, "ann", 10), conversion(tenant, 1, "bea", 20)
    stores.conversions.write([before], [], 10)
    stores.conversions.write([after], [], 20)
    stores.conversions.write([], [before], 30)
    assert stores.stored("bea").keys() == {after.id}


def test_a_goal_is_forgotten_whole_and_alone(stores: Stores) -> None:
    tenant = stores.tenant
    one = conversion(tenant, 1, "ann", 10)
    other = conversion(tenant, 1, "ann", 10, goal=replace(GOAL, id="g2"))
    stores.conversions.write([one, other], [], 10)
    stores.refresh()
    stores.conversions.forget_goal(tenant, "g1")
    while "g1" in {found.document["goal"] for found in stores.stored("ann").values()}:
        pass
    assert [found.document["goal"] for found in stores.stored("ann", goal="g2").values()] == ["g2"]


@pytest.mark.search
def test_shares_are_summed_by_the_store(client: OpenSearch) -> None:
    tenant = f"acme{next(_numbers)}"
    store = OpenSearchConversionStore(client)
    store.write([conversion(tenant, n, f"p{n}", 10) for n in range(3)], [], 10)
    client.indices.refresh(index="conversions-*")
    body = {
        "size": 0,
        "query": {"term": {"tenant": tenant}},
        "aggs": {
            "touches": {
                "nested": {"path": "touches"},
                "aggs": {
                    "by": {
                        "terms": {"field": "touches.context.campaign"},
                        "aggs": {"linear": {"sum": {"field": "touches.linear_e4"}}},
                    }
                },
            }
        },
    }
    (bucket,) = client.search(index="conversions-*", body=body)["aggregations"]["touches"]["by"]["buckets"]
    assert (bucket["key"], bucket["linear"]["value"]) == ("spring", 3 * 999)
