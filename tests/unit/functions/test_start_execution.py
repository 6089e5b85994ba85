"""What a schedule's invocation comes to, with everything behind it in memory."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from start_execution import handler
from touchline.adapters.memory.marketo_stores import (
    MemoryConnections,
    MemoryExecutionLog,
    MemoryExecutions,
    MemoryServices,
)
from touchline.adapters.memory.workflows import MemoryWorkflows
from touchline.domain.marketo.connections import Connection
from touchline.domain.marketo.services import ListReference, Schedule, Service
from touchline.errors import StoreUnavailable
from touchline.services.marketo.begin_execution import Beginning

NOW = 1_795_413_600_500  # 2026-11-23T06:00:00.5Z
SAMPLES = Path(__file__).parents[3] / "events" / "start_execution"
SERVICE = Service(
    id="0123456789abcdef",
    group="g",
    connection="c",
    kind="dedupe",
    name="Nightly",
    list=ListReference("static", 7, "Webinar"),
    reading={"job": {"columns": ["integer", "email"], "writes": "fields"}},
    schedule=Schedule("cron(0 6 * * ? *)"),
)


class TroubledWorkflows(MemoryWorkflows):
    """The first start of each name does not arrive."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def start(self, name: str, facts: Mapping[str, Any]) -> None:
        self.asked.append(name)
        if self.asked.count(name) == 1:
            raise StoreUnavailable("The state machine cannot be reached.")
        super().start(name, facts)


@pytest.fixture
def beginning(monkeypatch: pytest.MonkeyPatch) -> Beginning:
    made = Beginning(MemoryConnections(), MemoryServices(), MemoryExecutions(), MemoryExecutionLog(), MemoryWorkflows())
    made.connections.add("acme", Connection("c", "Main", "https://x.mktorest.com", "client"))
    made.services.add("acme", SERVICE)
    monkeypatch.setattr(handler, "beginning", lambda: made)
    monkeypatch.setattr(handler, "now", lambda: NOW)
    return made


@pytest.fixture
def invoke(beginning: Beginning, context: Any) -> Callable[..., dict[str, Any]]:
    def run(**more: Any) -> dict[str, Any]:
        payload = json.loads((SAMPLES / "scheduled.json").read_text())
        answer: dict[str, Any] = handler.lambda_handler(payload | more, context)
        return answer

    return run


def test_the_sample_begins_an_execution(invoke: Callable[..., dict[str, Any]], beginning: Beginning) -> None:
    expected = json.loads((SAMPLES / "scheduled.expected.json").read_text())
    begun = invoke()
    assert begun == {"execution": begun["execution"]} | expected
    execution = beginning.executions.get("acme", begun["execution"])
    assert execution is not None
    assert (execution.started_by, execution.service) == ("schedule", SERVICE)
    assert execution.plan["calls"] > 0
    (started,) = beginning.workflows.started.values()  # type: ignore[attr-defined]
    assert started["execution"] == begun["execution"]


def test_the_same_time_delivered_twice_is_one_execution(
    invoke: Callable[..., dict[str, Any]], beginning: Beginning
) -> None:
    assert invoke() == invoke()
    assert len(beginning.executions.page("acme").executions) == 1
    assert len(beginning.workflows.started) == 1  # type: ignore[attr-defined]


def test_a_start_that_failed_halfway_is_finished_by_the_next_try(
    invoke: Callable[..., dict[str, Any]], beginning: Beginning, monkeypatch: pytest.MonkeyPatch
) -> None:
    troubled = TroubledWorkflows()
    monkeypatch.setattr(handler, "beginning", lambda: replace(beginning, workflows=troubled))
    with pytest.raises(StoreUnavailable):
        invoke()
    assert invoke()["state"] == "queued"
    assert len(troubled.started) == 1
    assert len(beginning.executions.page("acme").executions) == 1


def test_a_time_during_an_earlier_execution_is_kept_as_skipped_with_its_reason(
    invoke: Callable[..., dict[str, Any]], beginning: Beginning
) -> None:
    first = invoke()["execution"]
    skipped = invoke(scheduled_at="2026-11-24T06:00:00Z")
    assert skipped["state"] == "skipped"
    assert skipped == invoke(scheduled_at="2026-11-24T06:00:00Z")
    kept = beginning.executions.get("acme", skipped["execution"])
    assert kept is not None
    assert first in kept.problems[0].message
    assert kept.ended_at == NOW
    assert len(beginning.workflows.started) == 1  # type: ignore[attr-defined]
    before = beginning.executions.get("acme", first)
    assert before is not None
    beginning.executions.replace(replace(before, state="completed", revision=2))
    assert invoke(scheduled_at="2026-11-25T06:00:00Z")["state"] == "queued"


def test_a_paused_service_is_skipped(invoke: Callable[..., dict[str, Any]], beginning: Beginning) -> None:
    beginning.services.replace("acme", replace(SERVICE, state="paused", revision=2))
    skipped = invoke()
    assert skipped["state"] == "skipped"
    kept = beginning.executions.get("acme", skipped["execution"])
    assert kept is not None
    assert (kept.problems[0].code, kept.plan) == ("paused", {})
    assert beginning.workflows.started == {}  # type: ignore[attr-defined]


def test_a_service_that_is_gone_leaves_nothing_behind(
    invoke: Callable[..., dict[str, Any]], beginning: Beginning
) -> None:
    beginning.services.delete("acme", SERVICE.id)
    assert invoke() == {"execution": None, "state": "ignored"}
    assert beginning.executions.page("acme").executions == []


def test_executions_of_later_times_lie_after_those_of_earlier_ones(
    invoke: Callable[..., dict[str, Any]], beginning: Beginning
) -> None:
    ids = [invoke(scheduled_at=f"2026-11-{day}T06:00:00Z")["execution"] for day in (23, 24, 25)]
    assert ids == sorted(ids)
    assert invoke(scheduled_at="<aws.scheduler.scheduled-time>")["execution"] > ids[0]
