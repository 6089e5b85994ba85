from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.adapters.claim_reader import BulkClaimReader
from touchline.adapters.memory.identities import MemoryIdentities
from touchline.adapters.packing import ZstdPacking, write_message
from touchline.domain.event_documents import DocumentIds
from touchline.domain.identity import Claim, EdgeFilter
from touchline.domain.identity_nodes import MOST_KEPT, MOST_OWN
from touchline.errors import StoreUnavailable
from touchline.ports import ChangedPeople
from touchline.services import take_claims as take_claims_module
from touchline.services.take_claims import ClaimTaking, Work, take_claims

from tests.unit.services.accepting import EVENT, Accepting

ALL = EdgeFilter()


class Told:
    """An attribution queue that can be away."""

    def __init__(self) -> None:
        self.sent: list[ChangedPeople] = []
        self.away = False

    def send(self, changed: ChangedPeople, *, seconds: int | None = None) -> None:
        if self.away:
            raise StoreUnavailable("away")
        self.sent.append(changed)

    def actors(self) -> list[list[str]]:
        return [list(one.actors) for one in self.sent]


class Taking:
    def __init__(self) -> None:
        self.identities = MemoryIdentities()
        self.told = Told()
        self.taking = ClaimTaking(BulkClaimReader(), self.identities, self.told)

    def do(self, *events: dict[str, Any], again: bool = False) -> dict[str, str]:
        return take_claims(works_of(*events), {"m0"} if again else (), self.taking)

    def person(self, actor: str) -> str:
        return self.identities.people("acme", [actor])[actor]


def works_of(*events: dict[str, Any]) -> list[Work]:
    accepting = Accepting()
    accepting.send_json(list(events))
    return [(f"m{n}", ZstdPacking().unpack(write_message(batch))) for n, batch in enumerate(accepting.queue.batches)]


def works_in_messages(count: int) -> list[Work]:
    """One claim each, of c0, c1, … on ann."""
    works = [works_of(identify(f"i{n}", f"c{n}", "ann"))[0][1] for n in range(count)]
    return [(f"m{n}", work) for n, work in enumerate(works)]


def identify(name: str, anonymous: str, known: str, **more: Any) -> dict[str, Any]:
    return EVENT | {"id": name, "actor": {"id": known, "anonymous_id": anonymous}} | more


def test_what_events_say_is_taken_in_and_told() -> None:
    taking = Taking()
    alias = EVENT | {"id": "a1", "action": "alias", "actor": {"id": "ann", "previous_id": "c0"}}
    assert taking.do(EVENT, identify("i1", "browser", "ann"), alias) == {}
    assert [taking.person(actor) for actor in ("browser", "c0", "ann")] == ["ann", "ann", "ann"]
    [changed] = taking.told.sent
    assert (changed.tenant, changed.since, list(changed.actors)) == ("acme", 0, ["ann", "browser", "c0"])
    edges, _ = taking.identities.edges("acme", ALL, limit=9, after=None)
    assert {edge.claim.kind for edge in edges} == {"identify", "alias"}
    assert {edge.claim.event for edge in edges} == {DocumentIds("acme").of(name) for name in (b"i1", b"a1")}


def test_said_again_changes_nothing_and_tells_nobody() -> None:
    taking = Taking()
    for _ in range(3):
        taking.do(identify("i1", "browser", "ann"), identify("i2", "browser", "ann"))
    assert len(taking.told.sent) == 1


def test_another_container_that_is_said_the_same_tells_nobody() -> None:
    taking = Taking()
    taking.do(identify("i1", "browser", "ann"))
    taking.taking.taken.clear()
    taking.do(identify("i1", "browser", "ann"))
    assert len(taking.told.sent) == 1


def test_a_message_that_comes_again_is_told_of_again() -> None:
    """The first time may have ended after the claims and before the telling."""
    taking = Taking()
    taking.told.away = True
    assert taking.do(identify("i1", "browser", "ann")) == {"m0": "away"}
    taking.told.away = False
    assert taking.do(identify("i1", "browser", "ann"), again=True) == {}
    assert taking.told.actors() == [["ann", "browser"]]


def test_what_there_is_no_time_for_comes_again_and_the_rest_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(take_claims_module, "CLAIMS_AT_ONCE", 2)
    taking, works = Taking(), works_in_messages(6)
    left = iter([True, True, False])
    assert take_claims(works, (), taking.taking, lambda: next(left)).keys() == {"m4", "m5"}
    assert [taking.person(f"c{n}") for n in range(6)] == ["ann", "ann", "ann", "ann", "c4", "c5"]
    assert taking.told.actors()[-1] == ["ann", "c0", "c1", "c2", "c3"]
    assert take_claims(works[4:], {"m4", "m5"}, taking.taking) == {}
    assert {taking.person(f"c{n}") for n in range(6)} == {"ann"}


def test_a_message_that_cannot_be_read_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    taking, works = Taking(), works_in_messages(3)
    read = BulkClaimReader.read

    def some(self: BulkClaimReader, body: bytes) -> list[Claim]:
        if b'"c1"' in body:
            raise ValueError("ann@example.com")
        return read(self, body)

    monkeypatch.setattr(BulkClaimReader, "read", some)
    assert take_claims(works, (), taking.taking) == {"m1": "ValueError was not expected."}
    assert [taking.person(f"c{n}") for n in range(3)] == ["ann", "c1", "ann"]


def test_a_tenant_in_unforeseen_trouble_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    taking = Taking()
    (_, mine), (_, theirs) = works_in_messages(2)
    theirs = replace(theirs, batch=replace(theirs.batch, tenant="other"))
    claim = taking.identities.claim

    def some(tenant: str, claims: Sequence[Claim]) -> list[str]:
        if tenant == "other":
            raise RuntimeError("ann@example.com")
        return claim(tenant, claims)

    monkeypatch.setattr(taking.identities, "claim", some)
    assert take_claims([("m0", theirs), ("m1", mine)], (), taking.taking) == {"m0": "RuntimeError was not expected."}
    assert taking.person("c0") == "ann"


def test_an_earlier_event_that_comes_late_wins() -> None:
    taking = Taking()
    taking.do(identify("i2", "browser", "bob", timestamp="2026-11-18T10:00:00Z"))
    taking.do(identify("i1", "browser", "ann", timestamp="2026-11-17T10:00:00Z"))
    assert taking.person("browser") == "ann"
    assert set(taking.told.actors()[-1]) == {"ann", "bob", "browser"}


def test_events_that_say_nothing_of_it_are_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    (_, work), *_ = works_of(EVENT, EVENT | {"id": "e2", "properties": {"a": '"anonymous_id":"x"'}})
    monkeypatch.setattr("touchline.adapters.claim_reader.orjson", None)
    assert BulkClaimReader().read(work.body) == []


@given(
    st.lists(st.tuples(st.sampled_from(["a", 'b"', "b\\", "ü"]), st.sampled_from("xy"), st.integers(1, 5)), max_size=9)
)
def test_of_what_is_said_again_the_earliest_is_read(said: list[tuple[str, str, int]]) -> None:
    events = [
        identify(f"i{n}", anonymous, known, timestamp=f"2026-11-17T10:00:0{second}Z")
        for n, (anonymous, known, second) in enumerate(said)
    ]
    read = [claim for _, work in works_of(*events) for claim in BulkClaimReader().read(work.body)] if events else []
    earliest: dict[tuple[str, str], int] = {}
    for anonymous, known, second in said:
        earliest[anonymous, known] = min(second, earliest.get((anonymous, known), second))
    assert {pair: min(one.at for one in read if one.pair == pair) // 1_000 % 60 for pair in earliest} == earliest


def test_what_was_set_aside_says_nothing() -> None:
    (_, work), *_ = works_of(EVENT | {"id": None, "actor": {"id": "ann", "anonymous_id": "browser"}})
    assert b"anonymous_id" in work.body
    assert BulkClaimReader().read(work.body) == []


def test_an_actor_does_not_become_itself() -> None:
    (_, work), *_ = works_of(identify("i1", "ann", "ann"))
    assert BulkClaimReader().read(work.body) == []


def test_ids_with_quotes_and_letters_of_all_kinds_are_read() -> None:
    (_, work), *_ = works_of(identify("i1", 'br"owser\\ü', "ann"))
    assert [claim.pair for claim in BulkClaimReader().read(work.body)] == [('br"owser\\ü', "ann")]


def test_the_largest_node_fits_an_item() -> None:
    """DynamoDB takes 400 KB: ids of 128 characters of four bytes each, as many as are kept."""
    kept = 128 * 4 + 22 + 8 * 15
    assert (MOST_KEPT + MOST_OWN) * kept < 400 * 1024
