"""What begins something begins it once for an Idempotency-Key, whatever became of the first answer."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import boto3
import pytest
from manage_marketo import handler, parts
from touchline.adapters.memory.workflows import MemoryWorkflows
from touchline.adapters.saved_answers import SavedAnswers
from touchline.domain.marketo.executions import Progress
from touchline.errors import StoreUnavailable

from tests.unit.functions.manage_marketo.conftest import Call, World
from tests.unit.functions.manage_marketo.test_executions import put

type Ask = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def _table(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = SavedAnswers(boto3.client("dynamodb"), "Idempotency", "manage_marketo")
    monkeypatch.setattr(parts, "saved_answers", lambda: answers)


@pytest.fixture
def ask(keys: dict[str, str], request_of: Call, context: Any) -> Ask:
    def asked(path: str, key: str, body: Any = None, *, by: str = "admin") -> dict[str, Any]:
        headers = {"idempotency-key": key}
        request = request_of("POST", f"/v1/marketo{path}", body, key=keys[by], headers=headers)
        answer = handler.lambda_handler(request, context)
        return {
            "status": answer["statusCode"],
            "location": answer.get("headers", {}).get("Location"),
            **json.loads(answer["body"]),
        }

    return asked


@pytest.fixture
def start(service: dict[str, Any]) -> str:
    return f"/services/{service['id']}/executions"


def test_the_same_key_begins_one_execution_and_gets_the_first_answer(
    ask: Ask, start: str, call: Call, world: World
) -> None:
    first = ask(start, "night-1", {"preview": True})
    assert (first["status"], first["preview"]) == (202, True)
    put(world, first["id"], state="completed")
    world.now += 3_600_000
    assert ask(start, "night-1", {"preview": True}) == first
    assert first["location"] == f"/v1/marketo/executions/{first['id']}"
    assert len(world.workflows.started) == 1
    assert ask(start, "night-2", {"preview": True})["id"] != first["id"]
    assert len(call("GET", "/executions")["executions"]) == 2


@pytest.mark.parametrize("again", [{"preview": False}, {}, None])
def test_the_same_key_with_another_body_is_refused(ask: Ask, start: str, again: Any) -> None:
    assert ask(start, "night-1", {"preview": True})["status"] == 202
    refused = ask(start, "night-1", again)
    assert (refused["status"], refused["code"]) == (409, "idempotency_key_reused")


def test_the_same_key_for_something_else_is_refused(ask: Ask, start: str, world: World) -> None:
    first = ask(start, "night-1")
    put(world, first["id"], state="completed")
    assert ask(f"/executions/{first['id']}/run-again", "night-1")["code"] == "idempotency_key_reused"


def test_running_again_and_undoing_happen_once(ask: Ask, start: str, world: World) -> None:
    first = ask(start, "a")
    put(world, first["id"], state="completed")
    world.now += 1
    again = ask(f"/executions/{first['id']}/run-again", "b")
    written(world, again["id"])
    world.now += 1
    assert ask(f"/executions/{first['id']}/run-again", "b") == again
    undo = f"/executions/{again['id']}/undo"
    undoing = ask(undo, "c", {})
    assert (undoing["status"], undoing["undoes"]) == (202, again["id"])
    put(world, undoing["id"], state="completed")
    assert ask(undo, "c", {}) == undoing
    assert len(world.workflows.started) == 3


def test_a_refusal_is_not_kept(ask: Ask, start: str, world: World) -> None:
    under_way = ask(start, "a")
    assert ask(start, "b")["status"] == 409
    put(world, under_way["id"], state="completed")
    world.now += 1
    assert ask(start, "b")["status"] == 202


class _Broken(MemoryWorkflows):
    def start(self, name: str, facts: Mapping[str, Any]) -> None:
        raise StoreUnavailable("The state machine does not answer.")


def test_what_was_cut_off_before_its_machine_ran_is_started_by_the_same_request_alone(
    ask: Ask, start: str, world: World
) -> None:
    working, world.workflows = world.workflows, _Broken()
    assert ask(start, "night-1", {"preview": True})["status"] == 503
    world.workflows = working
    world.now += 60_000
    for key, body in (("night-2", {"preview": True}), ("night-1", {})):
        assert (ask(start, key, body)["status"], working.started) == (409, {})
    begun = ask(start, "night-1", {"preview": True})
    assert (begun["status"], list(working.started)) == (202, [f"{begun['id']}-1"])
    assert ask(start, "night-1", {"preview": True}) == begun
    (kept,) = world.executions.page("acme").executions
    assert kept.id == begun["id"]
    assert len(world.log.lines["acme", kept.id]) == 1


def test_so_is_an_undoing(ask: Ask, start: str, world: World) -> None:
    done = written(world, ask(start, "a")["id"])
    world.now += 1
    working, world.workflows = world.workflows, _Broken()
    assert ask(f"/executions/{done}/undo", "b")["status"] == 503
    world.workflows = working
    world.now += 1
    undoing = ask(f"/executions/{done}/undo", "b")
    assert (undoing["status"], undoing["undoes"]) == (202, done)
    assert f"{undoing['id']}-1" in working.started
    assert len(world.executions.page("acme").executions) == 2


def written(world: World, execution: str) -> str:
    """As one that wrote to a lead."""
    put(
        world,
        execution,
        state="completed",
        progress=Progress("report", 10, changes=1),
        checkpoints={"write_back": {"finished": True, "written": 1, "leads": 1}},
    )
    for name in ("journal/import-00000.json", "changes/part-00000.parquet"):
        world.files.put("acme", execution, name, b"{}")
    return execution


def test_while_the_first_is_being_worked_on_the_second_is_told_to_come_back(
    ask: Ask, start: str, context: Any, world: World
) -> None:
    told = []

    def meanwhile() -> dict[str, str]:
        told.append(ask(start, "night-1"))
        return {}

    request = f"/v1/marketo{start}\n".encode()
    parts.saved_answers().once("night-1", "acme", request, meanwhile, context)
    assert (told[0]["status"], told[0]["code"]) == (409, "request_in_progress")
    assert not world.workflows.started


@pytest.mark.parametrize("key", ["", "x" * 201, "ключ", "a\tb"])
def test_a_key_that_cannot_be_kept_is_refused(ask: Ask, start: str, key: str, world: World) -> None:
    refused = ask(start, key)
    assert (refused["status"], refused["code"]) == (422, "invalid_request")
    assert not world.workflows.started


def test_keys_of_two_tenants_never_meet(ask: Ask, start: str) -> None:
    first = ask(start, "night-1")
    other = ask(f"/executions/{first['id']}/run-again", "night-1", by="other-admin")
    assert other["status"] == 404
