"""Maintenance, counting and preparation on a real node."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import orjson
import pytest
from opensearchpy import OpenSearch
from touchline.adapters.opensearch.bulk import OpenSearchEventIndex
from touchline.adapters.opensearch.day_indices import OpenSearchDayIndices
from touchline.adapters.opensearch.event_counts import OpenSearchEventCounts
from touchline.adapters.opensearch.preparation import SearchPreparation
from touchline.ports import ItemOutcome
from touchline.services.index_again import delete_events, index_events
from touchline.services.maintain_indices import Maintained, Retention, maintain_indices

from local.opensearch import Node
from tests.unit.services.archiving import Version

pytestmark = pytest.mark.search

TODAY = date(2026, 11, 22)
NOW = 1_795_316_400_000
PAST, NAME = "2026-11-20", "events-2026.11.20"


@pytest.fixture
def client(search_node: Node) -> Iterator[OpenSearch]:
    client = OpenSearch(search_node.url, timeout=60)
    clear(client)
    SearchPreparation(client).put_templates(1, 0)
    yield client
    clear(client)
    client.close()


def clear(client: OpenSearch) -> None:
    for name in client.indices.get(index="events-*,rejected-*,conversions-*", params={"allow_no_indices": "true"}):
        client.indices.delete(index=name)


def maintain(client: OpenSearch, events: int = 400) -> Maintained:
    retention = Retention(events=events, rejected=30, conversions=800)
    indices = OpenSearchDayIndices(client)
    return maintain_indices(indices, retention, today=TODAY, now=NOW, has_time=lambda: True)


def assert_finished(client: OpenSearch) -> None:
    (index,) = OpenSearchDayIndices(client).all()
    assert (index.read_only, index.merged) == (True, True)
    assert maintain(client) == Maintained()


def index_in_segments(client: OpenSearch, *versions: Version) -> None:
    for version in versions:
        index_events(OpenSearchEventIndex(client), [version.archived()])
        client.indices.refresh(index="events-*")


def test_a_month_of_conversions_lasts_until_its_last_day(client: OpenSearch) -> None:
    for month in ("conversions-2024.08", "conversions-2024.09", "conversions-of-others"):
        client.indices.create(index=month)
    found = {index.name: index.day for index in OpenSearchDayIndices(client).all()}
    assert found == {"conversions-2024.08": date(2024, 8, 31), "conversions-2024.09": date(2024, 9, 30)}
    assert maintain(client) == Maintained(dropped=["conversions-2024.08"])


def test_a_past_day_is_merged_closed_reopened_for_a_late_event_and_closed_again(client: OpenSearch) -> None:
    index_in_segments(client, *(Version(f"e{n}", PAST, n) for n in range(3)))
    assert maintain(client).closed == [NAME]
    assert_finished(client)
    late = Version("late", PAST, 9).archived()
    body = b'{"create":{"_index":"events-2026.11.20","_id":"late"}}\n%b\n' % late.document
    assert [outcome.kind for outcome in OpenSearchEventIndex(client).bulk(body)] == ["blocked"]
    assert index_events(OpenSearchEventIndex(client), [late]).created == 1
    client.indices.refresh(index=NAME)
    assert maintain(client).closed == [NAME]
    assert_finished(client)
    assert client.count(index=NAME)["count"] == 4


def test_a_duplicate_is_deleted_from_a_closed_day_and_from_a_day_that_is_gone(client: OpenSearch) -> None:
    index_in_segments(client, Version("e1", PAST, 1), Version("e2", PAST, 2))
    maintain(client)
    assert delete_events(OpenSearchEventIndex(client), PAST, ["acme.e1", "unknown"]) == 1
    assert delete_events(OpenSearchEventIndex(client), "2020-01-01", ["acme.e1"]) == 0
    client.indices.refresh(index=NAME)
    assert client.count(index=NAME)["count"] == 1


def test_deleted_documents_are_merged_away(client: OpenSearch) -> None:
    index_in_segments(client, *(Version(f"e{n}", PAST, n) for n in range(10)))
    delete_events(OpenSearchEventIndex(client), PAST, ["acme.e1", "acme.e2"])
    client.indices.refresh(index=NAME)
    assert not OpenSearchDayIndices(client).all()[0].merged
    assert maintain(client).merged == [NAME]


def test_a_day_that_just_received_something_is_left(client: OpenSearch) -> None:
    index_in_segments(client, Version("e1", PAST, NOW * 1_000_000))
    assert OpenSearchDayIndices(client).newest(NAME) == pytest.approx(NOW, abs=1)
    assert maintain(client) == Maintained(left=[NAME])


def test_old_days_are_dropped_and_foreign_indices_are_not(client: OpenSearch) -> None:
    index_in_segments(client, Version("e1", PAST, 1))
    client.indices.create(index="events-of-someone-else")
    assert maintain(client, events=2).dropped == [NAME]
    assert client.indices.exists(index="events-of-someone-else")


def test_counts_are_by_tenant_and_action_and_exact(client: OpenSearch) -> None:
    versions = [Version(f"e{n}", PAST, n, f"action_{n % 1500}", tenant=f"t{n % 2}") for n in range(3000)]
    index_events(OpenSearchEventIndex(client), [version.archived() for version in versions])
    client.indices.refresh(index=NAME)
    counted = OpenSearchEventCounts(client).of_day(PAST, before=2000)
    assert sum(counted.values()) == 2000
    assert (counted["t0", "action_0"], counted["t0", "action_600"]) == (2, 1)
    assert OpenSearchEventCounts(client).of_day("2020-01-01", before=2000) == {}


def test_a_new_field_reaches_the_days_that_exist(client: OpenSearch) -> None:
    older = {"dynamic": "strict", "properties": {"tenant": {"type": "keyword"}, "actor": {"properties": {}}}}
    client.transport.perform_request("DELETE", "/_index_template/events")
    client.indices.create(index=NAME, body={"mappings": older})
    for _ in range(2):
        SearchPreparation(client).put_templates(1, 0)
    mapped = client.indices.get_mapping(index=NAME)[NAME]["mappings"]["properties"]
    assert mapped["properties"] == {"type": "keyword"}
    assert mapped["actor"]["properties"]["anonymous_id"] == {"type": "keyword"}
    assert mapped["actor"]["properties"]["email_hash"] == {"type": "keyword", "doc_values": False}


def test_a_store_without_users_is_known_as_such(client: OpenSearch) -> None:
    assert not SearchPreparation(client).has_users()


@pytest.mark.parametrize("character", ["k", "é", "漢", "😀"])
def test_the_longest_property_is_found(client: OpenSearch, character: str) -> None:
    entry = f"{character * 64}.{character * 64}.{character * 64}={character * 1024}"
    assert index_one(client, {"properties": [entry]}) == ItemOutcome("created")
    client.indices.refresh(index=NAME)
    found = client.search(index=NAME, body={"query": {"term": {"properties": entry}}})
    assert found["hits"]["total"]["value"] == 1


@pytest.mark.parametrize("more", [{"unknown": 1}, {"actor": {"unknown": 1}}, {"properties": ["k=" + "x" * 40_000]}])
def test_what_the_mapping_does_not_know_is_refused_aloud(client: OpenSearch, more: dict[str, Any]) -> None:
    assert index_one(client, more).kind == "refused"


def index_one(client: OpenSearch, more: dict[str, Any]) -> ItemOutcome:
    document = orjson.loads(Version("e1", PAST, 1).archived().document) | more
    action = orjson.dumps({"create": {"_index": NAME, "_id": "one"}})
    (outcome,) = OpenSearchEventIndex(client).bulk(b"%b\n%b\n" % (action, orjson.dumps(document)))
    return outcome
