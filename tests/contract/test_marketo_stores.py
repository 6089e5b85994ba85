"""What people set up for Marketo, executions and their lines: in memory and in DynamoDB alike."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws
from touchline.adapters.dynamodb.connections import DynamoDbConnections
from touchline.adapters.dynamodb.execution_log import DynamoDbExecutionLog
from touchline.adapters.dynamodb.executions import DynamoDbExecutions
from touchline.adapters.dynamodb.services import DynamoDbGroups, DynamoDbServices
from touchline.adapters.memory.marketo_stores import (
    MemoryConnections,
    MemoryExecutionLog,
    MemoryExecutions,
    MemoryGroups,
    MemoryServices,
)
from touchline.domain.marketo.connections import Check, Connection, Share
from touchline.domain.marketo.executions import Execution, Problem, Progress, Usage, Waiting
from touchline.domain.marketo.services import Group, ListReference, Schedule, Service
from touchline.errors import Conflict
from touchline.marketo_ports import Connections, ExecutionLog, Executions, Groups, Services

KEYS = {
    "connections": ("tenant", "sk"),
    "services": ("tenant", "sk"),
    "executions": ("tenant", "id"),
    "logs": ("execution", "line"),
}
CONNECTION = Connection(
    "c1",
    "Main",
    "https://123-abc-456.mktorest.com",
    "client",
    Share(1_000, 2_000),
    (Check("leads", "ok", "", ("dedupe",)), Check("schema", "failed", "Grant it.")),
    checked_at=5,
    created_at=1,
    changed_at=2,
)
SERVICE = Service(
    "s1",
    "g1",
    "c1",
    "dedupe",
    "Nightly",
    ListReference("static", 7, "Webinar"),
    {"match": [{"fields": ["email"]}], "share": 0.25, "none": None},
    Schedule("cron(0 6 * * ? *)", "Europe/Berlin", 9),
)
FULL = Execution(
    "01",
    "acme",
    SERVICE,
    state="waiting",
    started_by="schedule",
    plan={"calls": 7, "days": 0.5},
    progress=Progress("download", 10, 1, 5, None, 99),
    usage=Usage(3, 4_000),
    waiting=Waiting("The day's calls are used up.", "daily_calls", 77),
    checkpoints={"export": {"job": "x", "parts": [1, 2]}},
    results={"merged": 2},
    problems=(Problem("export", "gone", "The list is gone.", (1, 2)),),
    created_at=3,
    started_at=4,
)


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("dynamodb")
        for table, (partition, sort) in KEYS.items():
            client.create_table(
                TableName=table,
                KeySchema=[
                    {"AttributeName": partition, "KeyType": "HASH"},
                    {"AttributeName": sort, "KeyType": "RANGE"},
                ],
                AttributeDefinitions=[
                    {"AttributeName": name, "AttributeType": "S"}
                    for name in (partition, sort, *(("service_of",) if table == "executions" else ()))
                ],
                BillingMode="PAY_PER_REQUEST",
                **({"GlobalSecondaryIndexes": [BY_SERVICE]} if table == "executions" else {}),
            )
        yield client


BY_SERVICE = {
    "IndexName": "by_service",
    "KeySchema": [{"AttributeName": "service_of", "KeyType": "HASH"}, {"AttributeName": "id", "KeyType": "RANGE"}],
    "Projection": {"ProjectionType": "ALL"},
}


@pytest.fixture(autouse=True)
def _emptied(dynamodb: Any) -> None:
    for table, keys in KEYS.items():
        for item in dynamodb.scan(TableName=table)["Items"]:
            dynamodb.delete_item(TableName=table, Key={key: item[key] for key in keys})


@pytest.fixture(params=["memory", "dynamodb"])
def connections(request: pytest.FixtureRequest, dynamodb: Any) -> Connections:
    return MemoryConnections() if request.param == "memory" else DynamoDbConnections(dynamodb, "connections")


@pytest.fixture(params=["memory", "dynamodb"])
def groups(request: pytest.FixtureRequest, dynamodb: Any) -> Groups:
    return MemoryGroups() if request.param == "memory" else DynamoDbGroups(dynamodb, "services")


@pytest.fixture(params=["memory", "dynamodb"])
def services(request: pytest.FixtureRequest, dynamodb: Any) -> Services:
    return MemoryServices() if request.param == "memory" else DynamoDbServices(dynamodb, "services")


@pytest.fixture(params=["memory", "dynamodb"])
def executions(request: pytest.FixtureRequest, dynamodb: Any) -> Executions:
    return MemoryExecutions() if request.param == "memory" else DynamoDbExecutions(dynamodb, "executions")


@pytest.fixture(params=["memory", "dynamodb"])
def log(request: pytest.FixtureRequest, dynamodb: Any) -> ExecutionLog:
    return MemoryExecutionLog() if request.param == "memory" else DynamoDbExecutionLog(dynamodb, "logs")


def test_a_connection_is_given_back_as_it_was_added(connections: Connections) -> None:
    assert connections.get("acme", "c1") is None
    connections.add("acme", CONNECTION)
    assert connections.get("acme", "c1") == CONNECTION
    assert connections.get("other", "c1") is None
    assert connections.all("other") == []


def test_a_name_is_taken_once_whatever_its_case_and_free_again_after_its_end(connections: Connections) -> None:
    connections.add("acme", CONNECTION)
    second = replace(CONNECTION, id="c2", name="MAIN")
    with pytest.raises(Conflict) as refused:
        connections.add("acme", second)
    assert refused.value.field == "name"
    connections.add("other", second)
    connections.delete("acme", "c1")
    connections.delete("acme", "c1")
    connections.add("acme", second)
    assert [one.id for one in connections.all("acme")] == ["c2"]


def test_a_new_name_frees_the_old_one(connections: Connections) -> None:
    connections.add("acme", CONNECTION)
    connections.replace("acme", replace(CONNECTION, name="Second", revision=2))
    connections.add("acme", replace(CONNECTION, id="c2"))
    with pytest.raises(Conflict) as refused:
        connections.replace("acme", replace(CONNECTION, id="c2", name="Second", revision=2))
    assert refused.value.field == "name"
    assert [(one.id, one.name) for one in connections.all("acme")] == [("c2", "Main"), ("c1", "Second")]


def test_of_two_changes_from_one_revision_the_second_is_refused(connections: Connections) -> None:
    connections.add("acme", CONNECTION)
    connections.replace("acme", replace(CONNECTION, endpoint="https://x.mktorest.com", revision=2))
    with pytest.raises(Conflict):
        connections.replace("acme", replace(CONNECTION, revision=2))
    with pytest.raises(Conflict):
        connections.replace("acme", replace(CONNECTION, id="c9", revision=2))


def test_groups_have_names_of_their_own(groups: Groups) -> None:
    groups.add("acme", Group("g1", "EMEA", 1))
    with pytest.raises(Conflict):
        groups.add("acme", Group("g2", "emea", 1))
    groups.add("acme", Group("g2", "APAC", 1))
    groups.replace("acme", Group("g2", "Asia", 1, 2))
    assert [group.name for group in groups.all("acme")] == ["Asia", "EMEA"]


def test_a_service_is_given_back_and_found_by_connection_and_group(services: Services) -> None:
    services.add("acme", SERVICE)
    services.add("acme", replace(SERVICE, id="s2", group="g2"))  # the same name in another group
    services.add("acme", replace(SERVICE, id="s3", connection="c2", name="A", list=None, schedule=None))
    assert services.get("acme", "s1") == SERVICE
    assert [one.id for one in services.all("acme")] == ["s3", "s1", "s2"]
    assert [one.id for one in services.all("acme", connection="c1")] == ["s1", "s2"]
    assert [one.id for one in services.all("acme", connection="c1", group="g2")] == ["s2"]
    with pytest.raises(Conflict):
        services.add("acme", replace(SERVICE, id="s4"))


def test_an_execution_is_given_back_as_it_was_begun(executions: Executions) -> None:
    assert executions.get("acme", "01") is None
    executions.begin(FULL)
    executions.begin(FULL)
    assert executions.get("acme", "01") == FULL
    assert executions.get("other", "01") is None


def test_a_service_has_one_execution_at_a_time(executions: Executions) -> None:
    executions.begin(FULL)
    with pytest.raises(Conflict, match="01 has not ended: it is waiting"):
        executions.begin(replace(FULL, id="02"))
    executions.begin(replace(FULL, id="03", service=replace(SERVICE, id="s2")))
    executions.begin(replace(FULL, id="01", tenant="other"))
    executions.replace(replace(FULL, state="failed", revision=2))
    executions.begin(replace(FULL, id="02"))
    assert executions.get("acme", "02") is not None


def test_the_execution_of_a_service_that_is_under_way_is_found(executions: Executions) -> None:
    assert executions.under_way("acme", "s1") is None
    executions.begin(FULL)
    for number in range(60):
        executions.begin(replace(FULL, id=f"1{number:02}", state="skipped"))
    assert executions.under_way("acme", "s1") == FULL
    assert executions.under_way("acme", "s2") is None
    assert executions.under_way("other", "s1") is None
    executions.replace(replace(FULL, state="failed", revision=2))
    assert executions.under_way("acme", "s1") is None
    executions.begin(replace(FULL, id="02"))
    assert executions.under_way("acme", "s1") == replace(FULL, id="02")


def test_what_ended_goes_on_only_where_its_service_is_free(executions: Executions) -> None:
    executions.begin(FULL)
    executions.replace(replace(FULL, state="stopped", revision=2))
    executions.begin(replace(FULL, id="02"))
    with pytest.raises(Conflict, match="02 has not ended"):
        executions.replace(replace(FULL, state="queued", revision=3))
    executions.replace(replace(FULL, id="02", state="completed", revision=2))
    executions.replace(replace(FULL, state="queued", revision=3))
    with pytest.raises(Conflict, match="01 has not ended"):
        executions.begin(replace(FULL, id="03"))


def test_an_undoing_execution_and_the_mark_of_what_it_undoes_are_kept_together_or_not_at_all(
    executions: Executions,
) -> None:
    executions.begin(FULL)
    ended = replace(FULL, state="completed", revision=2)
    executions.replace(ended)
    undoing = replace(FULL, id="02", undoes="01")
    with pytest.raises(Conflict):
        executions.begin(undoing, replace(ended, undone_by="02", revision=4))  # of a revision that is not kept
    assert executions.get("acme", "02") is None
    executions.begin(replace(FULL, id="03"))
    marked = replace(ended, undone_by="02", revision=3)
    with pytest.raises(Conflict, match="03 has not ended"):
        executions.begin(undoing, marked)
    assert executions.get("acme", "01") == ended
    executions.replace(replace(FULL, id="03", state="failed", revision=2))
    executions.begin(undoing, marked)
    executions.begin(undoing, marked)
    assert (executions.get("acme", "01"), executions.get("acme", "02")) == (marked, undoing)


def test_a_skipped_execution_is_kept_and_holds_nothing(executions: Executions) -> None:
    executions.begin(FULL)
    executions.begin(replace(FULL, id="02", state="skipped"))
    executions.replace(replace(FULL, state="running", revision=2))
    assert [one.state for one in executions.page("acme").executions] == ["skipped", "running"]


def test_of_two_changes_of_an_execution_from_one_revision_the_second_is_refused(executions: Executions) -> None:
    executions.begin(FULL)
    executions.replace(replace(FULL, state="running", revision=2))
    for state in ("running", "failed"):
        with pytest.raises(Conflict):
            executions.replace(replace(FULL, state=state, revision=2))
    with pytest.raises(Conflict):
        executions.replace(replace(FULL, id="99", revision=2))


def test_pages_go_from_the_newest_to_the_oldest_without_a_gap(executions: Executions) -> None:
    for number in range(7):
        service = replace(SERVICE, id="s1" if number % 2 else "s2")
        executions.begin(replace(FULL, id=f"{number:02}", service=service, state="skipped"))
    executions.begin(replace(FULL, id="99", tenant="other"))
    for service_id, expected in ((None, ["06", "05", "04", "03", "02", "01", "00"]), ("s1", ["05", "03", "01"])):
        for limit in (1, 2, 3, 7, 50):
            seen, after = [], None
            while True:
                page = executions.page("acme", service=service_id, limit=limit, after=after)
                seen += [one.id for one in page.executions]
                after = page.after
                if after is None:
                    break
                assert len(page.executions) == limit
            assert seen == expected, limit


def test_who_decided_on_what_was_true_a_moment_ago_is_refused(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two begin at once: both have read that nobody has the service, and one of them is first."""
    store = DynamoDbExecutions(dynamodb, "executions")
    store.begin(FULL)
    monkeypatch.setattr(DynamoDbExecutions, "_holder", lambda *_: None)
    with pytest.raises(Conflict, match="at this moment"):
        store.begin(replace(FULL, id="02"))
    monkeypatch.undo()
    store.replace(replace(FULL, state="stopped", revision=2))
    store.begin(replace(FULL, id="03"))
    monkeypatch.setattr(DynamoDbExecutions, "_holder", lambda *_: "01")
    with pytest.raises(Conflict, match="at this moment"):
        store.replace(replace(FULL, state="queued", revision=3))
    assert [(one.id, one.state) for one in store.page("acme").executions] == [("03", "waiting"), ("01", "stopped")]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["begin", "end", "resume"]), st.integers(0, 3)), max_size=12))
def test_whatever_happens_one_execution_of_a_service_is_under_way_and_both_stores_agree(
    dynamodb: Any, steps: list[tuple[str, int]]
) -> None:
    _emptied.__wrapped__(dynamodb)
    stores: list[Executions] = [MemoryExecutions(), DynamoDbExecutions(dynamodb, "executions")]
    for step, number in steps:
        assert len({_took(store, step, f"0{number}") for store in stores}) == 1
        for store in stores:
            under_way = [one for one in store.page("acme").executions if one.state == "running"]
            assert len(under_way) <= 1
    assert stores[0].page("acme").executions == stores[1].page("acme").executions


def _took(store: Executions, step: str, execution: str) -> bool:
    kept = store.get("acme", execution)
    try:
        if step == "begin":
            store.begin(replace(FULL, id=execution, state="running"))
        elif kept is not None:
            state = "stopped" if step == "end" else "running"
            store.replace(replace(kept, state=state, revision=kept.revision + 1))
    except Conflict:
        return False
    return True


def test_lines_come_in_order_once_each_and_go_on_after_the_last(log: ExecutionLog) -> None:
    assert log.read("acme", "01") == ([], "")
    for at, message in ((20, "second"), (10, "first"), (10, "first"), (30, "third")):
        log.write("acme", "01", at, "export", message, {"calls": 1})
    log.write("acme", "02", 5, "export", "another's", {})
    log.write("other", "01", 5, "export", "another's", {})
    lines, after = log.read("acme", "01", limit=2)
    assert lines[0] == {"at": 10, "stage": "export", "message": "first", "facts": {"calls": 1}}
    assert [line["message"] for line in lines] == ["first", "second"]
    lines, after = log.read("acme", "01", after)
    assert [line["message"] for line in lines] == ["third"]
    assert log.read("acme", "01", after) == ([], after)
    log.write("acme", "01", 40, "poll", "fourth", {})
    assert [line["message"] for line in log.read("acme", "01", after)[0]] == ["fourth"]
