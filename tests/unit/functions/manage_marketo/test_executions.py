import io
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from touchline.domain.marketo.executions import Execution, Progress, Usage, Waiting

from tests.unit.functions.manage_marketo.conftest import NOW, Call, World, new_service


@pytest.fixture
def execution(call: Call, service: dict[str, Any]) -> str:
    begun = call("POST", f"/services/{service['id']}/executions", {})
    assert begun["status"] == 202
    return str(begun["id"])


def kept(world: World, execution: str) -> Execution:
    found = world.executions.get("acme", execution)
    assert found is not None
    return found


def put(world: World, execution: str, **change: Any) -> None:
    before = kept(world, execution)
    world.executions.replace(replace(before, **change, revision=before.revision + 1))


def test_who_begins_one_is_answered_as_it_is_kept(call: Call, service: dict[str, Any]) -> None:
    begun = call("POST", f"/services/{service['id']}/executions", {})
    assert call("GET", f"/executions/{begun['id']}") == {**begun, "status": 200}
    assert begun["progress"]["estimated_end"] > begun["created_at"]


def test_an_execution_begins_with_its_plan_and_the_machine_is_started(call: Call, execution: str, world: World) -> None:
    shown = call("GET", f"/executions/{execution}", by="read")
    assert (shown["state"], shown["started_by"], shown["progress"]["stage"]) == ("queued", "person", "reserve")
    assert shown["plan"]["calls"] > 0
    assert shown["service"]["list"]["name"] == "Webinar"
    (started,) = world.workflows.started.values()
    assert (started["tenant"], started["execution"], started["attempt"]) == ("acme", execution, 1)
    assert call("GET", f"/executions/{execution}/log")["lines"][0]["message"] == "begun"


def test_a_second_one_of_the_same_service_is_refused_and_the_first_is_named(
    call: Call, execution: str, service: dict[str, Any], world: World
) -> None:
    refused = call("POST", f"/services/{service['id']}/executions", {})
    assert (refused["status"], execution in refused["detail"]) == (409, True)
    assert len(world.workflows.started) == 1
    put(world, execution, state="completed")
    world.now += 1
    assert call("POST", f"/services/{service['id']}/executions", {})["status"] == 202


def test_a_preview_plans_to_write_nothing_and_is_run_again_as_one(
    call: Call, connection: str, group: str, world: World
) -> None:
    body = new_service(connection, group, rules={}, create_missing_fields=True)
    service = call("POST", "/services", body)["id"]
    preview = call("POST", f"/services/{service}/executions", {"preview": True})
    assert (preview["status"], preview["preview"], preview["plan"]["calls_by_stage"]["write_back"]) == (202, True, 0)
    put(
        world,
        preview["id"],
        state="completed",
        progress=Progress("report", 1_000, changes=80),
        results={"groups": 30, "duplicates": 35},
    )
    world.now += 1
    again = call("POST", f"/executions/{preview['id']}/run-again", {})
    assert again["preview"]
    put(world, again["id"], state="stopped")
    world.now += 1
    real = call("POST", f"/services/{service}/executions")
    assert (real["status"], real["preview"], real["plan"]["changes"]) == (202, False, 80)


def test_an_import_of_activities_has_no_preview(call: Call, connection: str, group: str) -> None:
    body = new_service(connection, group, kind="activity_import", list=None, rules={})
    service = call("POST", "/services", body)["id"]
    refused = call("POST", f"/services/{service}/executions", {"preview": True})
    assert (refused["status"], refused["field"]) == (422, "preview")
    assert call("POST", f"/services/{service}/executions", {"preview": False})["status"] == 202


def test_a_run_over_the_whole_list_can_be_asked_for(call: Call, connection: str, group: str, world: World) -> None:
    body = new_service(connection, group, rules={"scope": {"incremental": True}}, create_missing_fields=True)
    service = call("POST", "/services", body)["id"]
    ended = call("POST", f"/services/{service}/executions", {})
    assert (ended["full"], ended["plan"]["full_because"]) == (False, "no_earlier_run")
    kept = {"report": {"kept": {"full_at": world.now, "opened": 10}}}
    put(world, ended["id"], state="completed", progress=Progress("report", 1_000, changes=80), checkpoints=kept)
    world.now += 1
    planned = call("POST", f"/services/{service}/plan", {})
    assert (planned["incremental"], planned["full_because"], planned["columns"]) == (True, None, 2)
    full = call("POST", f"/services/{service}/executions", {"full": True})
    assert (full["status"], full["full"], full["plan"]["incremental"]) == (202, True, False)
    assert (full["plan"]["full_because"], full["plan"]["columns"] > 2) == ("asked_for", True)
    put(world, full["id"], state="stopped")
    world.now += 1
    again = call("POST", f"/executions/{full['id']}/run-again", {})
    assert again["full"]
    put(world, again["id"], state="stopped")
    world.now += 1
    usual = call("POST", f"/services/{service}/executions", {})
    assert (usual["full"], usual["plan"]["incremental"]) == (False, True)
    assert call("POST", f"/executions/{usual['id']}/undo", {"full": True})["status"] == 422


def test_rules_that_cannot_read_what_changed_are_refused_when_they_are_saved(
    call: Call, connection: str, group: str
) -> None:
    rules = {"scope": {"incremental": True}, "outcome": {"kind": "preview"}}
    refused = call("POST", "/services", new_service(connection, group, rules=rules))
    assert (refused["status"], refused["field"]) == (422, "rules.scope.incremental")


def test_a_paused_service_can_be_started_by_hand(call: Call, service: dict[str, Any]) -> None:
    call("POST", f"/services/{service['id']}/pause", {})
    assert call("POST", f"/services/{service['id']}/executions", {})["status"] == 202


def test_what_it_waits_for_and_how_far_it_is_are_shown(call: Call, execution: str, world: World) -> None:
    put(
        world,
        execution,
        state="waiting",
        waiting=Waiting("The day's calls are used up.", "daily_calls", NOW + 1_000),
        progress=Progress("download", 500, 3, 10, None, NOW + 60_000),
        usage=Usage(12, 3_000_000),
    )
    shown = call("GET", f"/executions/{execution}")
    assert shown["waiting"] == {
        "reason": "The day's calls are used up.",
        "code": "daily_calls",
        "until": "2026-11-22T12:00:01Z",
    }
    assert (shown["progress"]["done"], shown["progress"]["of"], shown["usage"]["calls"]) == (3, 10, 12)
    assert shown["progress"]["estimated_end"] == "2026-11-22T12:01:00Z"


def test_stop_resume_and_approve_are_marks_and_runs_of_the_machine(call: Call, execution: str, world: World) -> None:
    path = f"/executions/{execution}"
    assert call("POST", f"{path}/stop", {})["state"] == "stopping"
    assert call("POST", f"{path}/resume", {})["status"] == 409
    put(world, execution, state="stopped")
    assert call("POST", f"{path}/stop", {})["status"] == 409
    resumed = call("POST", f"{path}/resume", {})
    assert (resumed["state"], resumed["attempt"]) == ("queued", 2)
    assert call("POST", f"{path}/approve", {})["status"] == 409
    put(world, execution, state="awaiting_approval")
    assert call("POST", f"{path}/approve", {})["attempt"] == 3
    assert len(world.workflows.started) == 4  # begun, closed, resumed, approved
    said = [line["message"] for line in call("GET", f"{path}/log")["lines"]]
    assert said == ["begun", "stop asked for", "resumed", "approved"]


def test_what_ended_is_not_resumed_beside_its_successor(
    call: Call, execution: str, service: dict[str, Any], world: World
) -> None:
    put(world, execution, state="failed")
    world.now += 1
    call("POST", f"/executions/{execution}/run-again", {})
    refused = call("POST", f"/executions/{execution}/resume", {})
    assert refused["status"] == 409
    assert kept(world, execution).state == "failed"


def test_run_again_takes_the_service_as_it_is_now(
    call: Call, execution: str, service: dict[str, Any], world: World
) -> None:
    put(world, execution, state="completed", progress=Progress("report", 1_000, changes=100), usage=Usage(9, 150_000))
    call("PATCH", f"/services/{service['id']}", {"name": "Renamed"})
    world.now += 1
    again = call("POST", f"/executions/{execution}/run-again", {})
    assert (again["status"], again["service"]["name"]) == (202, "Renamed")
    assert (again["plan"]["leads"], again["plan"]["leads_from"]) == (1_000, "latest_execution")
    call("POST", f"/executions/{again['id']}/stop", {})
    put(world, again["id"], state="stopped")
    call("DELETE", f"/services/{service['id']}")
    assert call("POST", f"/executions/{execution}/run-again", {})["status"] == 404
    assert call("GET", f"/executions/{execution}")["status"] == 200


def test_a_service_is_not_deleted_under_its_execution(call: Call, execution: str, service: dict[str, Any]) -> None:
    refused = call("DELETE", f"/services/{service['id']}")
    assert (refused["status"], execution in refused["detail"]) == (409, True)


def test_history_goes_page_by_page_from_the_newest(call: Call, service: dict[str, Any], world: World) -> None:
    begun = []
    for _ in range(5):
        world.now += 1
        begun.append(call("POST", f"/services/{service['id']}/executions", {})["id"])
        put(world, begun[-1], state="completed")
    for path in (f"/services/{service['id']}/executions", "/executions"):
        seen: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = call("GET", path, by="read", limit="2", **cursor)
            seen += [one["id"] for one in page["executions"]]
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
        assert seen == begun[::-1]
    assert call("GET", "/executions", by="other-read")["executions"] == []
    assert call("GET", "/executions", cursor="x'y")["field"] == "cursor"
    assert call("GET", "/executions", limit="1000")["field"] == "limit"


def test_the_log_goes_on_where_it_was_read_to(call: Call, execution: str, world: World) -> None:
    path = f"/executions/{execution}/log"
    first = call("GET", path, by="read")
    world.log.write("acme", execution, NOW + 5, "export", "created", {"job": "x"})
    later = call("GET", path, cursor=first["next"])
    assert later["lines"] == [
        {"at": "2026-11-22T12:00:00.005000Z", "stage": "export", "message": "created", "facts": {"job": "x"}}
    ]


def test_files_that_are_kept_have_links_and_those_on_their_way_are_not_shown(
    call: Call, execution: str, world: World
) -> None:
    for name in ("report/changes.csv", "report/summary.json", "extract/part-00000.csv", "undo/00000-00000.csv"):
        world.files.put("acme", execution, name, b"12345")
    world.files.put("other", execution, "report/changes.csv", b"theirs")
    path = f"/executions/{execution}/files"
    page = call("GET", path, limit="2")
    assert [(file["name"], file["size"]) for file in page["files"]] == [
        *(("report/changes.csv", 5), ("report/summary.json", 5))
    ]
    rest = call("GET", path, cursor=page["next"])
    assert [file["name"] for file in rest["files"]] == ["undo/00000-00000.csv"]
    assert rest["next"] is None
    assert "acme" in rest["files"][0]["link"]
    assert call("GET", path, by="read")["code"] == "not_allowed"


def parquet(rows: list[dict[str, Any]]) -> bytes:
    body = io.BytesIO()
    pl.DataFrame(rows).write_parquet(body)
    return body.getvalue()


def test_a_lead_is_explained_by_all_tables_that_have_it(call: Call, execution: str, world: World) -> None:
    change = {"field": "tlSurvivor", "before": None, "after": "5", "rule": "same email", "key": "ab12", "reason": "r"}
    merge = {"group": 5, "winner": 5, "loser": 9, "position": 0, "rule": "same email", "key": "ab12", "reason": "m"}
    tables = {
        "changes/part-00000.parquet": [{"id": 9, **change}, {"id": 8, **change}],
        "changes/part-00001.parquet": [{"id": 9, **change, "field": "tlRule"}],
        "merges/part-00000.parquet": [merge, {**merge, "winner": 1, "loser": 2}],
        "quarantine/part-00000.parquet": [{"id": 9, "group": 5, "guard": "key_cap", "reason": "26 leads"}],
    }
    for name, rows in tables.items():
        world.files.put("acme", execution, name, parquet(rows))
    path = f"/executions/{execution}/explain"
    told = call("GET", path, lead="9")
    assert [one["field"] for one in told["changes"]] == ["tlSurvivor", "tlRule"]
    assert [(one["winner"], one["loser"]) for one in told["merges"]] == [(5, 9)]
    assert told["quarantine"] == [{"group": 5, "guard": "key_cap", "reason": "26 leads"}]
    assert len(told["words"]) == 4
    assert "Merged into lead 5" in told["words"][0]
    assert [one["loser"] for one in call("GET", path, lead="5")["merges"]] == [9]
    unknown = call("GET", path, lead="77")
    assert (unknown["changes"], unknown["merges"], unknown["quarantine"]) == ([], [], [])
    assert call("GET", path, lead="x")["field"] == "lead"
    assert call("GET", path, by="read", lead="9")["code"] == "not_allowed"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", ""), ("POST", "/stop"), ("POST", "/resume"), ("POST", "/approve"), ("POST", "/run-again")),
        *(("GET", "/log"), ("GET", "/files"), ("GET", "/explain")),
    ],
)
def test_another_tenants_execution_is_not_there(call: Call, execution: str, method: str, path: str) -> None:
    answer = call(method, f"/executions/{execution}{path}", {}, by="other-admin", lead="1")
    assert (answer["status"], answer["code"]) == (404, "not_found")


def test_who_only_reads_starts_and_stops_nothing(call: Call, execution: str) -> None:
    for word in ("stop", "resume", "approve", "run-again"):
        assert call("POST", f"/executions/{execution}/{word}", {}, by="read")["code"] == "not_allowed"


def test_there_is_no_other_route(call: Call) -> None:
    assert call("GET", "/nothing")["code"] == "not_found"
    assert call("GET", "/executions/a/b/c")["code"] == "not_found"
