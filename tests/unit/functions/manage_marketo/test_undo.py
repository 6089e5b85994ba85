"""An execution undone over the API: who may, when, and what is shown of it."""

from dataclasses import replace
from typing import Any

import pytest
from touchline.domain.marketo.executions import Execution

from tests.unit.functions.manage_marketo.conftest import Call, World, new_service

WRITTEN = {"units": 1, "next": 1, "running": [], "written": 40, "leads": 40, "finished": True}


@pytest.fixture
def execution(call: Call, connection: str, group: str, world: World) -> str:
    """One that has written."""
    service = call("POST", "/services", new_service(connection, group, rules={}, create_missing_fields=True))["id"]
    begun = str(call("POST", f"/services/{service}/executions")["id"])
    results = {"changes_by_field": {"tlRule": 40}}
    put(world, begun, state="completed", checkpoints={"write_back": WRITTEN}, results=results)
    for name in ("journal/import-00000.json", "changes/part-00000.parquet"):
        world.files.put("acme", begun, name, b"x")
    world.now += 1
    return begun


def kept(world: World, execution: str) -> Execution:
    found = world.executions.get("acme", execution)
    assert found is not None
    return found


def put(world: World, execution: str, **change: Any) -> None:
    before = kept(world, execution)
    world.executions.replace(replace(before, **change, revision=before.revision + 1))


def test_undoing_is_an_execution_of_its_own_and_both_name_each_other(call: Call, execution: str, world: World) -> None:
    answer = call("POST", f"/executions/{execution}/undo")
    assert (answer["status"], answer["state"], answer["undoes"], answer["undone_by"]) == (
        202,
        "queued",
        execution,
        None,
    )
    assert (answer["plan"]["changes"], answer["plan"]["columns"]) == (40, 2)
    assert call("GET", f"/executions/{execution}", by="read")["undone_by"] == answer["id"]
    assert [run["execution"] for run in world.workflows.started.values()] == [execution, answer["id"]]
    assert [line["message"] for line in call("GET", f"/executions/{execution}/log")["lines"]][-1] == "undoing begun"
    assert call("GET", f"/executions/{answer['id']}/log")["lines"][0]["facts"] == {"by": "person", "undoes": execution}


def test_one_at_a_time_and_not_again_once_it_ended_well(call: Call, execution: str, world: World) -> None:
    first = call("POST", f"/executions/{execution}/undo")["id"]
    world.now += 1
    refused = call("POST", f"/executions/{execution}/undo")
    assert (refused["status"], first in refused["detail"]) == (409, True)
    put(world, first, state="failed")
    second = call("POST", f"/executions/{execution}/undo")
    assert (second["status"], kept(world, execution).undone_by) == (202, second["id"])
    put(world, second["id"], state="completed", results={"changed_since": 0, "refused": 0})
    world.now += 1
    refused = call("POST", f"/executions/{execution}/undo")
    assert (refused["status"], "run the service again" in refused["detail"]) == (409, True)
    assert call("POST", f"/executions/{second['id']}/undo")["status"] == 409


def test_a_preview_of_it_is_no_mark(call: Call, execution: str, world: World) -> None:
    preview = call("POST", f"/executions/{execution}/undo", {"preview": True})
    assert (preview["status"], preview["preview"], preview["plan"]["calls_by_stage"]["write_back"]) == (202, True, 0)
    assert kept(world, execution).undone_by is None
    put(world, preview["id"], state="completed")
    world.now += 1
    again = call("POST", f"/executions/{preview['id']}/run-again")
    assert (again["status"], again["undoes"], again["preview"]) == (202, execution, True)


def test_what_it_cannot_undo_it_refuses_with_the_reason(call: Call, execution: str, world: World) -> None:
    put(world, execution, state="stopped", checkpoints={})
    world.files.delete("acme", execution)
    refused = call("POST", f"/executions/{execution}/undo", {})
    assert (refused["status"], refused["code"]) == (409, "conflict")
    assert "wrote nothing to Marketo" in refused["detail"]
    assert call("POST", f"/executions/{execution}/undo", {"preview": "x"})["field"] == "preview"
    assert kept(world, execution).undone_by is None


def test_what_is_undone_is_not_resumed(call: Call, execution: str, world: World) -> None:
    put(world, execution, state="stopped")
    undoing = call("POST", f"/executions/{execution}/undo")["id"]
    put(world, undoing, state="completed")
    refused = call("POST", f"/executions/{execution}/resume")
    assert (refused["status"], undoing in refused["detail"]) == (409, True)


def test_it_is_for_the_scope_admin_and_the_own_tenant(call: Call, execution: str) -> None:
    assert call("POST", f"/executions/{execution}/undo", by="read")["code"] == "not_allowed"
    assert call("POST", f"/executions/{execution}/undo", by="other-admin")["code"] == "not_found"
