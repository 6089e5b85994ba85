"""The reading side cannot write, nor read what is another tenant's, however it is asked."""

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from opensearchpy import OpenSearch
from opensearchpy.exceptions import RequestError
from touchline.adapters.opensearch.client import OrjsonSerializer
from touchline.adapters.opensearch.event_search import OpenSearchEventSearch
from touchline.errors import StoreUnavailable

from local.opensearch import Node
from tests.contract.reported_events import index_events, make_events, remove_events

pytestmark = pytest.mark.search

ALL: dict[str, Any] = {"query": {"match_all": {}}, "size": 100}
# Whatever a caller of ours might get wrong, or a customer might find a way to put into a search.
REACHING: list[dict[str, Any]] = [
    {"aggs": {"all": {"global": {}}}},
    {"aggs": {"a": {"filter": {"match_all": {}}, "aggs": {"all": {"global": {}}}}}},
    {"aggs": {"a": {"filter": {"match_all": {}}, "aggregations": {"all": {"global": {}}}}}},
    {"aggregations": {"all": {"global": {}}}},
    {"suggest": {"all": {"text": "p1", "term": {"field": "actor.id"}}}},
]
WRITING: list[str] = [
    "events-2026.10.24/_delete_by_query",
    "events-2026.10.24/_doc/1?",
    "../events-2026.10.24/_bulk",
    "events-2026.10.24/_bulk#",
    "_all/_close",
]


@pytest.fixture(scope="module")
def search(search_node: Node) -> Iterator[OpenSearchEventSearch]:
    index_events(search_node.url, make_events(50))
    client = OpenSearch(search_node.url, serializer=OrjsonSerializer())
    yield OpenSearchEventSearch(client)
    client.close()
    remove_events(search_node.url)


def everything(url: str) -> list[tuple[str, str, int]]:
    answer = requests.get(f"{url}/events-*/_search?size=1000&version=true", timeout=30).json()
    return sorted((hit["_index"], hit["_id"], hit["_version"]) for hit in answer["hits"]["hits"])


def test_there_is_one_public_call_and_it_searches() -> None:
    calls = [name for name, _ in inspect.getmembers(OpenSearchEventSearch, callable) if not name.startswith("_")]
    assert calls == ["search"]


def test_it_keeps_nothing_that_could_write(search: OpenSearchEventSearch) -> None:
    kept = list(vars(search).values())
    assert not any(isinstance(one, OpenSearch) for one in kept)
    assert [one.__name__ for one in kept] == ["search"]


@pytest.mark.parametrize("index", WRITING)
def test_an_index_name_cannot_turn_a_search_into_a_write(
    search: OpenSearchEventSearch, search_node: Node, index: str
) -> None:
    before = everything(search_node.url)
    try:
        found = search.search("acme", index, ALL)
    except (RequestError, StoreUnavailable):
        found = {"hits": {"hits": []}}
    assert found["hits"]["hits"] == []
    requests.post(f"{search_node.url}/events-*/_refresh", timeout=30)
    assert everything(search_node.url) == before


@pytest.mark.parametrize("body", REACHING)
def test_nothing_reaches_beyond_the_tenant(search: OpenSearchEventSearch, body: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="all tenants"):
        search.search("acme", "events-*", body)


def test_asking_for_another_tenant_finds_nothing(search: OpenSearchEventSearch) -> None:
    body = {"query": {"bool": {"should": [{"term": {"tenant": "other"}}]}}}
    assert search.search("acme", "events-*", body)["hits"]["hits"] == []
    found = search.search("acme", "events-*", ALL)["hits"]["hits"]
    assert {hit["_source"]["tenant"] for hit in found} == {"acme"}
    assert len(found) == 50


def test_a_part_of_the_shards_does_not_pass_for_the_whole() -> None:
    def late(**_: Any) -> dict[str, Any]:
        return {"timed_out": True, "hits": {"hits": []}}

    class Client:
        search = staticmethod(late)

    with pytest.raises(StoreUnavailable):
        OpenSearchEventSearch(Client()).search("acme", "events-*", ALL)  # type: ignore[arg-type]
