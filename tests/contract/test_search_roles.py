"""Real users of a real secure node try what their role must not allow."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from opensearchpy import OpenSearch
from touchline.adapters.opensearch.preparation import SearchPreparation, role_holders

from local.opensearch import Node

pytestmark = pytest.mark.search

DAY, REFUSED_DAY = "events-2026.11.22", "rejected-2026.11.22"
DOCUMENT = {"@timestamp": 1, "sequence": 1, "tenant": "acme", "id": "e1", "action": "open", "actor": {"id": "ann"}}
REJECTED = {"@timestamp": 1, "sequence": 1, "tenant": "acme", "code": "no_action", "state": "open"}
PASSWORD = "of-this-test-only-Zq7!"
ARNS = {
    kind: [f"arn:aws:iam::111122223333:role/{kind}"] for kind in ("query", "write", "manage", "maintain", "attribute")
}


@dataclass(frozen=True)
class As:
    """Asks as one user."""

    node: Node
    user: tuple[str, str]

    def ask(self, method: str, path: str, body: Any = None) -> requests.Response:
        lines = isinstance(body, str)
        headers = {"content-type": "application/x-ndjson" if lines else "application/json"}
        content = {"data": body} if lines else {"json": body}
        verify = str(self.node.authority)
        return requests.request(
            method, self.node.url + path, auth=self.user, verify=verify, headers=headers, timeout=60, **content
        )


@pytest.fixture(scope="module")
def node(secure_search_node: Node) -> Iterator[Node]:
    assert secure_search_node.admin is not None
    client = OpenSearch(
        secure_search_node.url, http_auth=secure_search_node.admin, ca_certs=str(secure_search_node.authority)
    )
    preparation = SearchPreparation(client)
    assert preparation.has_users()
    for _ in range(2):  # the second time changes nothing
        preparation.put_templates(1, 0)
        preparation.put_roles(role_holders(**ARNS))
    admin = As(secure_search_node, secure_search_node.admin)
    for kind, arns in ARNS.items():
        user = {"password": PASSWORD, "backend_roles": arns}
        assert admin.ask("PUT", f"/_plugins/_security/api/internalusers/{kind}", user).ok
    assert admin.ask("PUT", f"/{DAY}/_create/one?refresh=true", DOCUMENT).ok
    assert admin.ask("PUT", f"/{REFUSED_DAY}/_create/one?refresh=true", REJECTED).ok
    yield secure_search_node
    client.close()


def lines(action: str, index: str = DAY, id: str = "new", document: str = '{"tenant":"acme"}') -> str:
    head = f'{{"{action}":{{"_index":"{index}","_id":"{id}"}}}}\n'
    return head if action == "delete" else f"{head}{document}\n"


CHANGES: dict[str, tuple[str, str, Any]] = {
    "index": ("POST", f"/{DAY}/_doc", DOCUMENT),
    "index by id": ("PUT", f"/{DAY}/_doc/one", DOCUMENT),
    "create": ("PUT", f"/{DAY}/_create/two", DOCUMENT),
    "update": ("POST", f"/{DAY}/_update/one", {"doc": {"action": "x"}}),
    "update by script": ("POST", f"/{DAY}/_update/one", {"script": "ctx._source.action = 'x'"}),
    "delete": ("DELETE", f"/{DAY}/_doc/one", None),
    "delete by query": ("POST", f"/{DAY}/_delete_by_query", {"query": {"match_all": {}}}),
    "update by query": ("POST", f"/{DAY}/_update_by_query", {"query": {"match_all": {}}}),
    "reindex": ("POST", "/_reindex", {"source": {"index": DAY}, "dest": {"index": "events-2026.01.01"}}),
    "mapping": ("PUT", f"/{DAY}/_mapping", {"properties": {"more": {"type": "keyword"}}}),
    "settings": ("PUT", f"/{DAY}/_settings", {"index.blocks.write": True}),
    "new index": ("PUT", "/events-2026.01.02", None),
    "drop": ("DELETE", f"/{DAY}", None),
    "drop all": ("DELETE", "/events-*", None),
    "close": ("POST", f"/{DAY}/_close", None),
    "alias": ("POST", "/_aliases", {"actions": [{"add": {"index": DAY, "alias": "events-mine"}}]}),
    "template": ("PUT", "/_index_template/events", {"index_patterns": ["events-*"]}),
    "stored script": ("PUT", "/_scripts/mine", {"script": {"lang": "painless", "source": "1"}}),
    "pipeline": ("PUT", "/_ingest/pipeline/mine", {"processors": []}),
    "cluster settings": ("PUT", "/_cluster/settings", {"transient": {"cluster.max_shards_per_node": 9}}),
    "own role": ("PUT", "/_plugins/_security/api/roles/mine", {"cluster_permissions": ["*"]}),
    "merge": ("POST", f"/{DAY}/_forcemerge", None),
}
SEARCHES: dict[str, tuple[str, str, Any]] = {
    "search": ("POST", f"/{DAY}/_search", {"query": {"term": {"tenant": "acme"}}}),
    "search of many days": ("POST", "/events-2026.11.*/_search?ignore_unavailable=true", {"size": 1}),
    "aggregation": ("POST", f"/{DAY}/_search", {"size": 0, "aggs": {"a": {"terms": {"field": "action"}}}}),
    "one document": ("GET", f"/{DAY}/_doc/one", None),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_query_reader_cannot_change_anything(node: Node, change: str) -> None:
    assert As(node, ("query", PASSWORD)).ask(*CHANGES[change]).status_code == requests.codes.forbidden


@pytest.mark.parametrize("action", ["index", "create", "delete"])
def test_a_query_reader_cannot_write_in_bulk(node: Node, action: str) -> None:
    answer = As(node, ("query", PASSWORD)).ask("POST", "/_bulk", lines(action, id="one"))
    statuses = [item[action]["status"] for item in answer.json().get("items", [])]
    assert answer.status_code == requests.codes.forbidden or statuses == [requests.codes.forbidden]


@pytest.mark.parametrize("search", SEARCHES)
def test_a_query_reader_reads_events(node: Node, search: str) -> None:
    assert As(node, ("query", PASSWORD)).ask(*SEARCHES[search]).ok


def test_a_query_reader_sees_no_rejected_events(node: Node) -> None:
    assert As(node, ("query", PASSWORD)).ask("POST", f"/{REFUSED_DAY}/_search").status_code == 403


def test_an_event_writer_creates_deletes_and_reopens(node: Node) -> None:
    writer = As(node, ("write", PASSWORD))
    document = '{"@timestamp":1,"sequence":2,"tenant":"acme","id":"e2","action":"open"}'
    created = [writer.ask("POST", "/_bulk", lines("create", "events-2026.11.21", "two", document)) for _ in range(2)]
    assert [answer.json()["items"][0]["create"]["status"] for answer in created] == [201, 409]
    rejected = '{"@timestamp":1,"sequence":2,"tenant":"acme","code":"no_action","state":"open"}'
    answer = writer.ask("POST", "/_bulk", lines("create", "rejected-2026.11.21", "two", rejected))
    assert answer.json()["items"][0]["create"]["status"] == 201
    assert writer.ask("PUT", "/events-2026.11.21/_settings", {"index.blocks.write": None}).ok
    deleted = writer.ask("POST", "/_bulk", lines("delete", "events-2026.11.21", "two"))
    assert deleted.json()["items"][0]["delete"]["status"] == 200


@pytest.mark.parametrize("search", SEARCHES)
def test_an_event_writer_reads_nothing(node: Node, search: str) -> None:
    assert As(node, ("write", PASSWORD)).ask(*SEARCHES[search]).status_code == 403


DANGERS = ["drop", "drop all", "delete by query", "update by query", "reindex", "mapping", "template", "stored script",
           "pipeline", "close", "own role", "cluster settings", "alias"]  # fmt: skip


@pytest.mark.parametrize("change", DANGERS)
def test_an_event_writer_cannot_do_more_than_write(node: Node, change: str) -> None:
    assert As(node, ("write", PASSWORD)).ask(*CHANGES[change]).status_code == 403


def test_a_rejected_keeper_keeps_to_rejected_events(node: Node) -> None:
    keeper = As(node, ("manage", PASSWORD))
    assert keeper.ask("POST", "/rejected-*/_search").ok
    assert keeper.ask("POST", f"/{REFUSED_DAY}/_update/one", {"doc": {"state": "replayed"}}).ok
    marked = lines("update", REFUSED_DAY, "one", '{"doc":{"state":"open"}}')
    assert keeper.ask("POST", "/_bulk?refresh=true", marked).json()["items"][0]["update"]["status"] == 200
    assert keeper.ask("POST", f"/{DAY}/_search").status_code == 403
    assert keeper.ask("POST", f"/{DAY}/_update/one", {"doc": {"action": "x"}}).status_code == 403
    assert keeper.ask("DELETE", f"/{REFUSED_DAY}").status_code == 403


MONTH = "conversions-2026.11"
CONVERSION = '{"tenant":"acme","goal":"g1","person":"ann","@timestamp":1}'
MEMBER = '{"tenant":"acme","kind":"member","person":"ann","@timestamp":1}'


def test_an_attributor_reads_events_and_keeps_what_it_makes_of_them(node: Node) -> None:
    attributor = As(node, ("attribute", PASSWORD))
    assert attributor.ask("POST", f"/{DAY}/_search?ignore_unavailable=true", {"size": 1}).ok
    for index, document in ((MONTH, CONVERSION), ("memberships", MEMBER)):
        version = f'"_index":"{index}","_id":"one","version":5,"version_type":"external_gte"'
        for body in (f'{{"index":{{{version}}}}}\n{document}\n', f'{{"delete":{{{version}}}}}\n'):
            (item,) = attributor.ask("POST", "/_bulk", body).json()["items"]
            assert next(iter(item.values()))["status"] in {200, 201}
    both = f"{MONTH},memberships"
    assert attributor.ask("POST", f"/{both}/_search", {"size": 1}).ok
    assert attributor.ask("POST", "/_mget", {"docs": [{"_index": MONTH, "_id": "one"}]}).ok
    asynchronously = f"/{both}/_delete_by_query?conflicts=proceed&wait_for_completion=false"
    assert attributor.ask("POST", asynchronously, {"query": {"term": {"goal": "g1"}}}).ok
    assert attributor.ask("POST", f"/{both}/_delete_by_query", {"query": {"term": {"goal": "g1"}}}).ok
    assert As(node, ("query", PASSWORD)).ask("POST", f"/{both}/_search", {"size": 1}).ok
    for change in DANGERS:
        assert attributor.ask(*CHANGES[change]).status_code == 403, change
    assert attributor.ask("POST", "/_bulk", lines("create", DAY, "mine")).json()["items"][0]["create"]["status"] == 403
    assert attributor.ask("DELETE", f"/{MONTH}").status_code == 403


def test_nobody_reads_outside_our_indices(node: Node) -> None:
    for kind in ARNS:
        assert As(node, (kind, PASSWORD)).ask("POST", "/.opendistro_security/_search").status_code == 403
