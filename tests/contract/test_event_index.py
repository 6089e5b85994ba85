"""The writing side of the search store and the rejected events: one contract for memory and a real node."""

import itertools
import json
from typing import Any

import pytest
from opensearchpy import OpenSearch
from touchline.adapters.event_json import bulk_lines, encode_document
from touchline.adapters.memory.event_index import MemoryEventIndex
from touchline.adapters.memory.rejected_events import MemoryRejectedEvents
from touchline.adapters.opensearch.bulk import OpenSearchEventIndex
from touchline.adapters.opensearch.client import connect
from touchline.adapters.opensearch.rejected import OpenSearchRejectedEvents
from touchline.adapters.opensearch.templates import event_template, rejected_template
from touchline.domain.event_documents import rejected_document, sequence_of
from touchline.domain.rejected_events import RejectedFilter
from touchline.domain.rejection import Rejection
from touchline.errors import StoreUnavailable
from touchline.ports import EventIndex, RejectedEvents

NOW = 1_795_000_000_000
_numbers = itertools.count()


@pytest.fixture(scope="module")
def client(search_node: Any) -> OpenSearch:
    found = connect(search_node.url, region="us-east-1", timeout_seconds=20)
    found.indices.put_index_template(name="events", body=event_template(1, 0))
    found.indices.put_index_template(name="rejected", body=rejected_template(0))
    return found


class Stores:
    def __init__(self, index: EventIndex, rejected: RejectedEvents, client: OpenSearch | None) -> None:
        self.index = index
        self.rejected = rejected
        self.client = client

    def close(self, name: str) -> None:
        if self.client is None:
            assert isinstance(self.index, MemoryEventIndex)
            self.index.closed.add(name)
        else:
            self.client.indices.put_settings(index=name, body={"index.blocks.write": True})

    def refresh(self) -> None:
        if self.client is not None:
            self.client.indices.refresh(index="rejected-*,events-*")


@pytest.fixture(params=["memory", pytest.param("opensearch", marks=pytest.mark.search)])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "memory":
        index = MemoryEventIndex(lambda document: "strict" if "unknown" in document else None)
        return Stores(index, MemoryRejectedEvents(index), None)
    client: OpenSearch = request.getfixturevalue("client")
    return Stores(OpenSearchEventIndex(client), OpenSearchRejectedEvents(client), client)


@pytest.fixture
def day() -> str:
    """Of each test's own, as the node is shared."""
    number = next(_numbers)
    return f"events-2026.{number // 28 % 12 + 1:02}.{number % 28 + 1:02}"


@pytest.fixture
def tenant() -> str:
    return f"tenant-{next(_numbers)}"


def event(name: str, **more: Any) -> dict[str, Any]:
    return {"@timestamp": NOW, "sequence": 1, "tenant": "a", "id": name, "action": "x", "actor": {"id": "c"}, **more}


def lines(day: str, *documents: dict[str, Any]) -> bytes:
    return b"".join(bulk_lines(day, document["id"], encode_document(document)) for document in documents)


def kinds(stores: Stores, body: bytes) -> list[str]:
    return [outcome.kind for outcome in stores.index.bulk(body)]


def test_each_document_has_its_own_outcome_in_order(stores: Stores, day: str) -> None:
    body = lines(day, event("a"), event("b", unknown=1), event("c"))
    assert kinds(stores, body) == ["created", "refused", "created"]
    assert kinds(stores, lines(day, event("d"), event("a"))) == ["created", "duplicate"]


def test_the_cause_of_a_refusal_is_told(stores: Stores, day: str) -> None:
    [outcome] = stores.index.bulk(lines(day, event("a", unknown=1)))
    assert "strict" in outcome.reason


def test_a_closed_day_blocks_until_it_is_opened(stores: Stores, day: str) -> None:
    stores.index.bulk(lines(day, event("a")))
    stores.close(day)
    assert kinds(stores, lines(day, event("b"))) == ["blocked"]
    stores.index.reopen(day)
    assert kinds(stores, lines(day, event("b"))) == ["created"]


def test_a_document_is_replaced_in_one_step_or_stays(stores: Stores, day: str) -> None:
    stores.index.bulk(lines(day, event("a")))
    replacing = lines(day, event("a", action="y")).replace(b'{"create"', b'{"index"')
    assert kinds(stores, replacing) == ["created"]
    assert kinds(stores, lines(day, event("a", unknown=1)).replace(b'{"create"', b'{"index"')) == ["refused"]
    assert kinds(stores, lines(day, event("a"))) == ["duplicate"]


def test_deleting_counts_what_was_there(stores: Stores, day: str) -> None:
    stores.index.bulk(lines(day, event("a"), event("b")))
    assert stores.index.delete(day, ["a", "nothing"]) == 1
    assert stores.index.delete(day, []) == 0
    assert kinds(stores, lines(day, event("a"))) == ["created"]


def set_aside(stores: Stores, tenant: str, *codes: str) -> list[str]:
    names = []
    for slot, code in enumerate(codes):
        rejection = Rejection(code, f"field.{code}", "why")
        sequence = sequence_of(NOW + slot, slot)
        document = rejected_document(
            tenant, b"\xff%d" % slot, rejection, sequence=sequence, event_id=f"e{slot}", sent_at=NOW
        )
        names.append(f"{tenant}-{slot}")
        stores.index.bulk(bulk_lines("rejected-2026.11.18", names[-1], encode_document(document)))
    stores.refresh()
    return names


def test_rejected_events_are_paged_newest_first(stores: Stores, tenant: str) -> None:
    names = set_aside(stores, tenant, "a", "b", "a")
    first = stores.rejected.page(tenant, RejectedFilter(), limit=2, before=None)
    rest = stores.rejected.page(tenant, RejectedFilter(), limit=2, before=first[-1].sequence)
    assert [found.id for found in first + rest] == names[::-1]
    assert stores.rejected.count(tenant, RejectedFilter(), before=first[-1].sequence) == 1
    assert first[0].original == b"\xff2"
    bare = stores.rejected.page(tenant, RejectedFilter(), limit=3, before=None, originals=False)
    assert [found.id for found in bare] == names[::-1]
    assert not any(name.startswith("original") for found in bare for name in found.document)
    assert [found.document["reason"] for found in bare] == ["why"] * 3


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (RejectedFilter(), 3),
        (RejectedFilter(code="a"), 2),
        (RejectedFilter(field="field.b"), 1),
        (RejectedFilter(since=NOW + 1), 2),
        (RejectedFilter(until=NOW + 1), 1),
        (RejectedFilter(state="replayed"), 0),
    ],
    ids=["any", "code", "field", "since", "until", "state"],
)
def test_a_filter_takes_what_it_says(stores: Stores, tenant: str, wanted: RejectedFilter, expected: int) -> None:
    set_aside(stores, tenant, "a", "b", "a")
    assert stores.rejected.count(tenant, wanted) == expected
    assert len(stores.rejected.page(tenant, wanted, limit=10, before=None)) == expected


def test_counts_add_up(stores: Stores, tenant: str) -> None:
    set_aside(stores, tenant, "a", "b", "a")
    summary = [(found.code, found.field, found.count) for found in stores.rejected.summary(tenant, RejectedFilter())]
    assert summary == [("a", "field.a", 2), ("b", "field.b", 1)]


def test_a_replayed_event_is_seen_so_at_once(stores: Stores, tenant: str) -> None:
    [name] = set_aside(stores, tenant, "a")
    found = stores.rejected.get(tenant, name)
    assert found is not None
    assert found.replayed_as is None
    stores.rejected.mark_replayed([(found, "e9")])
    again = stores.rejected.get(tenant, name)
    assert again is not None
    assert again.replayed_as == "e9"
    stores.rejected.mark_replayed([])


def test_another_tenants_rejected_events_are_not_there(stores: Stores, tenant: str) -> None:
    names = set_aside(stores, tenant, "a")
    assert stores.rejected.get("other", names[0]) is None
    assert stores.rejected.some("other", names) == []
    assert [found.id for found in stores.rejected.some(tenant, names)] == names
    assert stores.rejected.summary("other", RejectedFilter()) == []


def test_a_node_that_is_away_is_store_unavailable() -> None:
    away = connect("http://127.0.0.1:9", region="us-east-1", timeout_seconds=1)
    with pytest.raises(StoreUnavailable):
        OpenSearchEventIndex(away).bulk(json.dumps({}).encode())
    with pytest.raises(StoreUnavailable):
        OpenSearchRejectedEvents(away).count("a", RejectedFilter())
