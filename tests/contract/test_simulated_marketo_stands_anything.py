"""Whatever is asked, there is an answer: no call ends in a crash, and none stays in flight."""

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.marketo_simulator.answering import exchange, read_request
from local.marketo_simulator.catalogue import all_routes
from local.marketo_simulator.instance import Instance
from local.marketo_simulator.routing import Answer
from local.marketo_simulator.seeding import SeedPlan, seed
from tests.contract.simulated_marketo import NOW

ROUTES = all_routes()
PARAMETERS = (
    *("fields", "filterType", "filterValues", "batchSize", "nextPageToken", "id", "name", "programName", "maxReturn"),
    *("offset", "folder", "earliestUpdatedAt", "latestUpdatedAt", "maxDepth", "includeRules", "leadIds", "leadId"),
    *("mergeInCRM", "description", "status", "format", "lookupField", "listId", "partitionName", "activityTypeIds"),
    *("sinceDatetime", "assetIds", "listId", "workspaceName", "_method"),
)
TOKENS = ("5", "[1]", "{}", '{"after":"x"}', '{"since":1,"guid":0}', '{"since":"2026-01-01","guid":[]}')
words = st.one_of(
    st.sampled_from(
        ["id", "email", "1", "2,3", "-1", "0", "301", "true", "Webinar", "All leads", "createdAt", "CSV", "csv"]
    ),
    st.sampled_from(
        ["9" * 18, "9" * 30, "1e3", "null", "'", '"', "%", "{}", "[]", '{"id": 13}', "{'id': 99999999999}"]
    ),
    st.sampled_from(["2026-11-22T10:00:00Z", "2026-11-22", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]),
    st.sampled_from([base64.b32encode(text.encode()).decode() for text in TOKENS]),
    st.text(max_size=12),
)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
MEMBERS = ("id", "email", "leadScore", "partitionName", "name", "displayName", "dataType", "createdAt", "title")
bodies = st.fixed_dictionaries(
    {},
    optional={
        "input": values | st.lists(st.dictionaries(st.sampled_from(MEMBERS), values, max_size=4), max_size=3),
        "action": words,
        "lookupField": words,
        "fields": values,
        "filter": values | st.dictionaries(st.sampled_from(["createdAt", "staticListId", "smartListId"]), values),
        "format": values,
        "columnHeaderNames": values,
    },
)


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    made = Instance(tmp_path_factory.mktemp("marketo"))
    made.switches.calls_in_window = made.switches.calls_a_day = 10**9
    made.switches.token_seconds = 10**9
    seed(made, SeedPlan(leads=60, now=NOW, activities_per_lead=1))
    yield made
    made.close()


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    route=st.sampled_from(ROUTES),
    name=st.sampled_from(["1", "5", "1002", "1052", "byName", "emailSha256"]) | words,
    parameters=st.dictionaries(st.sampled_from(PARAMETERS), words, max_size=5),
    body=bodies | values,
    kind=st.sampled_from(
        ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
    ),
)
def test_every_call_is_answered(
    instance: Instance, route: Any, name: str, parameters: dict[str, str], body: Any, kind: str
) -> None:
    first = instance.credentials[0]
    token = instance.tokens.issue(first.client_id, instance.clock.now(), 10**9).text
    path = "/".join(name.replace("/", "") or "1" if "{" in part else part for part in route.path.split("/"))
    if "{" in route.path and route.path.endswith(".json") and not path.endswith(".json"):
        path += ".json"
    sent = urlencode(parameters) if "form-url" in kind else json.dumps(body)
    asked = read_request(
        route.method,
        f"{path.encode('ascii', 'ignore').decode()}?{urlencode(parameters, errors='replace')}",
        {"authorization": f"Bearer {token}", "content-type": kind},
        sent.encode("utf-8", "replace"),
    )
    done = exchange(instance, ROUTES, asked)
    assert isinstance(done.answer, Answer)
    if done.call is not None:
        instance.limits.leave(done.call, done.answer.code or "")
    assert instance.limits.in_flight == 0
    if isinstance(done.answer.body, bytes) and done.answer.content_type.startswith("application/json"):
        told = json.loads(done.answer.body)
        assert told["success"] is (done.answer.code is None)
