"""Who is who: one contract for memory, which resolves everything anew, and DynamoDB, which does so claim by claim."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count, pairwise
from threading import Lock
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws
from touchline.adapters.dynamodb import identities
from touchline.adapters.dynamodb.identities import DynamoDbIdentities
from touchline.adapters.memory.identities import MemoryIdentities
from touchline.domain.identity import Claim, EdgeFilter, edge_id
from touchline.ports import Identities

MOST = 3
ALL = EdgeFilter()
TENANTS = count()


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("dynamodb")
        client.create_table(
            TableName="identities",
            KeySchema=[{"AttributeName": "node", "KeyType": "HASH"}],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": kind}
                for name, kind in (("node", "S"), ("shard", "S"), ("changed", "N"))
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "changes",
                    "KeySchema": [
                        {"AttributeName": "shard", "KeyType": "HASH"},
                        {"AttributeName": "changed", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["parent"]},
                }
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        yield OneCallAtATime(client)


class OneCallAtATime:
    """The stand-in for DynamoDB is not made for threads: each call is atomic here, as it is there."""

    def __init__(self, client: Any) -> None:
        self.exceptions = client.exceptions
        self._client = client
        self._lock = Lock()

    def __getattr__(self, name: str) -> Any:
        def call(**arguments: Any) -> Any:
            with self._lock:
                return getattr(self._client, name)(**arguments)

        return call


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest, dynamodb: Any) -> Identities:
    return (
        MemoryIdentities(MOST) if request.param == "memory" else DynamoDbIdentities(dynamodb, "identities", most=MOST)
    )


@pytest.fixture
def tenant() -> str:
    return f"t-{next(TENANTS)}"


def said(actor: str, known: str, at: int, **more: Any) -> Claim:
    return Claim(actor, known, more.pop("kind", "identify"), at, 0, more.pop("event", f"e{at}"), **more)


def states(store: Identities, tenant: str, wanted: EdgeFilter = ALL) -> dict[tuple[str, str], str]:
    found = every_edge(store, tenant, wanted)
    return {edge.claim.pair: edge.reason or edge.state for edge in found}


def every_edge(store: Identities, tenant: str, wanted: EdgeFilter = ALL, limit: int = 2) -> list[Any]:
    found, after = store.edges(tenant, wanted, limit=limit, after=None)
    while after is not None:
        more, after = store.edges(tenant, wanted, limit=limit, after=after)
        found += more
    assert len({edge.id for edge in found}) == len(found)
    return found


def undo(store: Identities, tenant: str, actor: str, known: str, *, again: bool = False) -> list[str]:
    edge = store.edge(tenant, edge_id(actor, known))
    assert edge is not None
    return store.change(tenant, replace(edge, state="active" if again else "undone"), 99)


def test_an_actor_that_nothing_is_said_of_is_itself(store: Identities, tenant: str) -> None:
    assert store.people(tenant, ["a", "b"]) == {"a": "a", "b": "b"}
    assert store.members(tenant, ["a"]) == {"a": ["a"]}
    assert dict(store.merged(tenant)) == {}
    assert store.edge(tenant, edge_id("a", "b")) is store.edge(tenant, "no id") is None


def test_an_anonymous_actor_becomes_known_and_is_told_with_all_it_is_now(store: Identities, tenant: str) -> None:
    assert store.claim(tenant, [said("x", "A", 1)]) == ["A", "x"]
    assert store.claim(tenant, [said("y", "A", 2)]) == ["A", "x", "y"]
    assert store.claim(tenant, [said("y", "A", 2), said("y", "A", 5)]) == []
    assert store.people(tenant, ["x", "y", "A", "z"]) == {"x": "A", "y": "A", "A": "A", "z": "z"}
    assert store.members(tenant, ["A", "z"]) == {"A": ["A", "x", "y"], "z": ["z"]}
    assert dict(store.merged(tenant)) == {"x": "A", "y": "A"}


def test_nobody_is_himself_anew(store: Identities, tenant: str) -> None:
    assert store.claim(tenant, [said("A", "A", 1)]) == []
    assert states(store, tenant) == {}


def test_the_earliest_claim_holds_and_the_next_when_it_is_undone(store: Identities, tenant: str) -> None:
    store.claim(tenant, [said("x", "B", 2)])
    store.claim(tenant, [said("x", "A", 1)])
    assert states(store, tenant) == {("x", "A"): "active", ("x", "B"): "claimed_earlier"}
    assert set(undo(store, tenant, "x", "A")) == {"A", "B", "x"}
    assert states(store, tenant) == {("x", "A"): "undone", ("x", "B"): "active"}
    assert dict(store.merged(tenant)) == {"x": "B"}
    assert set(undo(store, tenant, "x", "A", again=True)) == {"A", "B", "x"}
    assert states(store, tenant) == {("x", "A"): "active", ("x", "B"): "claimed_earlier"}


def test_what_is_undone_does_not_come_back_with_the_event(store: Identities, tenant: str) -> None:
    store.claim(tenant, [said("x", "A", 1)])
    undo(store, tenant, "x", "A")
    assert store.claim(tenant, [said("x", "A", 1), said("x", "A", 7)]) == []
    store.claim(tenant, [said("x", "A", 0)])
    assert store.people(tenant, ["x"]) == {"x": "x"}
    edge = store.edge(tenant, edge_id("x", "A"))
    assert edge is not None
    assert (edge.state, edge.changed_at, edge.claim.at) == ("undone", 99, 0)


def test_two_known_people_are_merged_by_hand_only(store: Identities, tenant: str) -> None:
    store.claim(tenant, [said("x", "A", 1), said("y", "B", 2), said("A", "B", 3, kind="alias")])
    assert states(store, tenant)["A", "B"] == "both_known"
    by_hand = Claim("A", "B", "manual", 4, 0, "", merge_known=True)
    assert set(store.claim(tenant, [by_hand])) == {"A", "B", "x", "y"}
    assert dict(store.merged(tenant)) == {"x": "B", "y": "B", "A": "B"}
    assert store.members(tenant, ["B"]) == {"B": ["B", "A", "x", "y"]}
    undo(store, tenant, "A", "B")
    assert dict(store.merged(tenant)) == {"x": "A", "y": "B"}


def test_a_person_gets_a_new_id_and_keeps_its_actors(store: Identities, tenant: str) -> None:
    store.claim(tenant, [said("x", "A", 1), said("A", "B", 2, kind="alias"), said("B", "C", 3, kind="alias")])
    assert store.people(tenant, ["x", "A", "B"]) == {"x": "C", "A": "C", "B": "C"}
    assert dict(store.merged(tenant)) == {"x": "C", "A": "C", "B": "C"}


def test_what_is_said_by_hand_comes_before_what_events_say(store: Identities, tenant: str) -> None:
    store.claim(tenant, [said("x", "A", 1)])
    store.claim(tenant, [Claim("x", "B", "manual", 9, 0, "")])
    assert store.people(tenant, ["x"]) == {"x": "B"}


def test_an_id_that_too_many_share_takes_the_earliest(store: Identities, tenant: str) -> None:
    store.claim(tenant, [said(f"x{at}", "A", at) for at in (5, 1, 4, 2, 3)])
    assert {pair[0]: state for pair, state in states(store, tenant).items()} == {
        **dict.fromkeys(("x1", "x2", "x3"), "active"),
        **dict.fromkeys(("x4", "x5"), "too_many_actors"),
    }
    undo(store, tenant, "x2", "A")
    assert states(store, tenant)["x4", "A"] == "active"


def test_edges_of_an_actor_and_in_a_state(store: Identities, tenant: str) -> None:
    store.claim(tenant, [said("x", "A", 1), said("x", "B", 2), said("y", "B", 3), said("B", "C", 4)])
    assert states(store, tenant, EdgeFilter("B")).keys() == {("x", "B"), ("y", "B"), ("B", "C")}
    assert states(store, tenant, EdgeFilter(state="refused")) == {("x", "B"): "claimed_earlier"}
    assert states(store, tenant, EdgeFilter("x", "active")) == {("x", "A"): "active"}


def test_what_is_said_of_some_actors(store: Identities, tenant: str) -> None:
    store.claim(tenant, [said("x", "A", 1), said("x", "B", 2), said("y", "B", 3), said("B", "C", 4)])
    assert [edge.claim.pair for edge in store.own_edges(tenant, ["x", "B", "z"])] == [
        ("B", "C"),
        ("x", "A"),
        ("x", "B"),
    ]


def test_hundreds_are_answered_and_paged(store: Identities, tenant: str) -> None:
    claims = [said(f"x{n}", f"A{n // 2}", n) for n in range(120)]
    store.claim(tenant, claims)
    expected = {claim.actor: claim.known for claim in claims}
    assert store.people(tenant, expected) == expected
    assert dict(store.merged(tenant)) == expected
    assert len(every_edge(store, tenant, limit=50)) == 120


def test_a_circle_made_by_hand_is_one_person(store: Identities, tenant: str) -> None:
    ring = [Claim(one, other, "manual", 1, 0, "", merge_known=True) for one, other in pairwise("BCAB")]
    store.claim(tenant, ring)
    assert store.people(tenant, "ABC") == dict.fromkeys("ABC", "A")
    assert dict(store.merged(tenant)) == dict.fromkeys("BC", "A")
    assert store.members(tenant, ["A"]) == {"A": ["A", "B", "C"]}


def test_of_tenants_merged_people_the_latest_are_kept(dynamodb: Any) -> None:
    """Only what changed is read again; all of it, of a tenant that others have taken the room of."""
    tenants = [f"t-{next(TENANTS)}" for _ in range(2)]
    client = NotingQueries(dynamodb)
    store = DynamoDbIdentities(client, "identities", clock=lambda: 10**12, most_merged=1)
    for tenant in tenants:
        store.claim(tenant, [said("x", "A", 1)])
    read_all = []
    for tenant in (tenants[0], tenants[0], tenants[1], tenants[0]):
        client.since.clear()
        assert store.merged(tenant) == {"x": "A"}
        read_all.append(set(client.since) == {"0"})
    assert read_all == [True, False, True, True]


class NotingQueries:
    def __init__(self, client: Any) -> None:
        self._client = client
        self.since: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def query(self, **asked: Any) -> Any:
        self.since.append(asked["ExpressionAttributeValues"][":since"]["N"])
        return self._client.query(**asked)


def test_tenants_do_not_meet(store: Identities, tenant: str) -> None:
    store.claim(tenant, [said("x", "A", 1)])
    assert store.people(tenant + "x", ["x"]) == {"x": "x"}
    assert dict(store.merged(tenant + "x")) == {}
    assert states(store, tenant + "x") == {}


def test_many_writers_at_once_lose_nothing(dynamodb: Any, tenant: str) -> None:
    claims = [said(f"x{n % 4}", "AB"[n % 2], 10 - n, kind="identify") for n in range(10)] + [said("A", "B", 3)]
    stores = [DynamoDbIdentities(dynamodb, "identities", most=MOST) for _ in range(4)]
    with ThreadPoolExecutor(4) as writers:
        list(writers.map(lambda n: stores[n % 4].claim(tenant, [claims[n]]), range(len(claims))))
    alone = MemoryIdentities(MOST)
    alone.claim(tenant, claims)
    assert states(stores[0], tenant) == states(alone, tenant)


actors = st.sampled_from("abcdef")
claims_of_few = st.builds(
    Claim,
    actors,
    actors,
    st.sampled_from(["identify", "alias", "manual"]),
    st.integers(0, 5),
    st.integers(0, 2),
    st.sampled_from(["e1", "e2"]),
    st.booleans(),
)
undoings = st.tuples(actors, actors, st.booleans())


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(claims_of_few, undoings), max_size=14), st.randoms())
def test_claim_by_claim_ends_where_all_at_once_does(dynamodb: Any, steps: Sequence[Any], chance: Any) -> None:
    tenant = f"t-{next(TENANTS)}"
    kept = DynamoDbIdentities(dynamodb, "identities", most=MOST)
    believed = MemoryIdentities(MOST)
    for step in steps:
        for store in (kept, believed):
            if isinstance(step, Claim):
                store.claim(tenant, [step])
            elif (edge := store.edge(tenant, edge_id(step[0], step[1]))) is not None:
                store.change(tenant, replace(edge, state="undone" if step[2] else "active"), 7)
        if chance.random() < 0.3:
            assert dict(kept.merged(tenant)) == dict(believed.merged(tenant))
    assert states(kept, tenant) == states(believed, tenant)
    assert kept.people(tenant, "abcdef") == believed.people(tenant, "abcdef")
    people = set(kept.people(tenant, "abcdef").values())
    assert kept.members(tenant, people) == believed.members(tenant, people)
    assert dict(kept.merged(tenant)) == dict(believed.merged(tenant))


def test_a_transaction_stays_below_its_size(dynamodb: Any, tenant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An earlier claim concerns everybody of its person; their nodes may be large."""
    known = "\N{GRINNING FACE}" * 128
    room = 3 * (identities.NODE_BYTES + identities.CLAIM_BYTES + len(known.encode()))
    monkeypatch.setattr(identities, "WRITTEN_BYTES", room)
    sizes: list[int] = []
    store = DynamoDbIdentities(Recording(dynamodb, sizes), "identities", most=4)
    names = [f"browser {n}" for n in range(12)]
    for n, name in enumerate(names):
        store.claim(tenant, [said(name, known, 100 - n)])
    assert max(sizes) == 3 + 2
    assert sum(person == known for person in store.people(tenant, names).values()) == 4


class Recording:
    """How many items each transaction wrote."""

    def __init__(self, client: Any, sizes: list[int]) -> None:
        self._client = client
        self._sizes = sizes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **arguments: Any) -> Any:
        self._sizes.append(len(arguments["TransactItems"]))
        return self._client.transact_write_items(**arguments)
