import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from manage_marketo import handler
from touchline.domain.marketo.connections import Check
from touchline.domain.marketo.services import Schedule
from touchline.errors import InvalidRequest, StoreUnavailable

from tests.unit.functions.manage_marketo.conftest import NOW, Call, World, new_service

WEEKDAYS = {"expression": "cron(0 6 ? * MON-FRI *)", "time_zone": "Europe/Berlin"}
SAMPLES = Path(__file__).parents[4] / "events" / "manage_marketo"
MARK = {"outcome": {"kind": "mark"}}


def test_groups_are_made_renamed_and_deleted_when_empty(call: Call, service: dict[str, Any], group: str) -> None:
    assert call("GET", f"/groups/{group}", by="read")["services"] == 1
    assert call("PATCH", f"/groups/{group}", {"name": "Europe"})["name"] == "Europe"
    assert call("POST", "/groups", {"name": "europe"})["field"] == "name"
    refused = call("DELETE", f"/groups/{group}")
    assert (refused["status"], "'Nightly'" in refused["detail"]) == (409, True)
    call("DELETE", f"/services/{service['id']}")
    assert call("DELETE", f"/groups/{group}")["status"] == 204
    assert call("GET", "/groups")["groups"] == []


def test_a_service_is_shown_with_its_list_its_words_and_its_next_runs(
    call: Call, connection: str, group: str, world: World
) -> None:
    made = call("POST", "/services", new_service(connection, group, schedule=WEEKDAYS))
    assert made["status"] == 201
    assert made["list"] == {"kind": "static", "id": 7, "name": "Webinar"}
    assert made["description"]
    assert made["next_runs"] == [f"2026-11-{day}T05:00:00Z" for day in (23, 24, 25, 26, 27)]
    assert world.schedules.kept["acme", made["id"]] == (
        Schedule(WEEKDAYS["expression"], "Europe/Berlin", NOW),
        True,
    )
    shown = call("GET", f"/services/{made['id']}", by="read")
    assert {name: shown[name] for name in ("description", "next_runs", "rules", "state")} == {
        name: made[name] for name in ("description", "next_runs", "rules", "state")
    }


def test_where_smart_lists_are_not_exported_only_those_are_taken_whose_rules_can_be_applied(
    call: Call, connection: str, group: str, world: World
) -> None:
    world.marketo.checks.append(Check("extract_smart_lists", "not_needed", "1035", ("smart_lists",)))
    call("POST", f"/connections/{connection}/check")
    visited = {"name": "Visited Web Page", "ruleType": "Activity", "operator": "occurs"}
    world.marketo.smart_rules[8] = {"filterMatchType": "all", "filters": [visited]}
    asked = new_service(connection, group, list={"kind": "smart", "id": 8})
    answer = call("POST", "/services", asked)
    assert (answer["status"], answer["code"], answer["field"]) == (422, "marketo_refused", "list")
    assert "'Visited Web Page'" in answer["detail"]
    assert world.services.kept == {}
    del world.marketo.smart_rules[8]  # its address is not empty
    assert call("POST", "/services", asked)["status"] == 201


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"list": {"kind": "static", "id": 99}}, "list.id", "has no static list 99"),
        ({"list": {"kind": "smart", "id": 7}}, "list.id", "has no smart list 7"),
        ({"list": None}, "list", "works on a list"),
        ({"group": "abc"}, "group", "no group"),
        ({"group": "\ud800"}, "group", "unicode"),
        ({"group": "EMEA"}, "group", "pattern"),
        ({"connection": "abc"}, "connection", "no connection"),
        ({"kind": "cleaning"}, "kind", ""),
        ({"rules": {"match": [{"fields": ["emial"]}]}}, "rules.match[0].fields[0].field", "email"),
        ({"rules": {"mach": []}}, "rules.mach", "match"),
        ({"rules": {"guards": {"placeholders": ["\ud800"]}}}, "rules", "surrogate"),
        ({"rules": {"guards": {"placeholders": ["x" * 200] * 600}}}, "rules", "100,000"),
        ({"schedule": {"expression": "cron(0 6 30 2 ? *)"}}, "schedule.expression", "never runs"),
        ({"schedule": {"expression": "rate(1 minute)"}}, "schedule.expression", "15 minutes"),
        ({"schedule": {"expression": "daily"}}, "schedule.expression", "is written as"),
        ({"schedule": {"expression": "rate(1 day)", "time_zone": "Mars"}}, "schedule.time_zone", "not an IANA"),
        ({"name": "\u200b"}, "name", "hidden"),
        ({"list": {"kind": "static", "id": "7; drop"}}, "list.id", ""),
        ({"state": "paused"}, "state", ""),
    ],
)
def test_what_cannot_work_is_refused_with_the_place_and_the_reason(
    call: Call, connection: str, group: str, world: World, change: dict[str, Any], field: str, reason: str
) -> None:
    answer = call("POST", "/services", new_service(connection, group, **change))
    assert (answer["status"], answer["field"]) == (422, field)
    assert reason in answer["detail"]
    assert world.services.kept == {}
    assert world.schedules.kept == {}


def test_fields_that_are_missing_are_named_and_created_when_asked_for(
    call: Call, connection: str, group: str, world: World
) -> None:
    body = new_service(connection, group, rules=MARK)
    refused = call("POST", "/services", body)
    assert refused["status"] == 422
    assert "tlSurvivor" in refused["detail"]
    assert "create_missing_fields: true" in refused["detail"]
    assert world.marketo.calls["create_fields"] == 0
    made = call("POST", "/services", body | {"create_missing_fields": True})
    assert "tlSurvivor" in made["created_fields"]
    assert set(made["created_fields"]) <= set(world.marketo.known_fields)
    again = call("POST", "/services", body | {"name": "Second"})
    assert (again["status"], again["created_fields"]) == (201, [])


def test_nothing_is_created_for_rules_that_are_refused(call: Call, connection: str, group: str, world: World) -> None:
    rules = MARK | {"match": [{"fields": ["nowhere"]}]}
    body = new_service(connection, group, rules=rules, create_missing_fields=True)
    assert call("POST", "/services", body)["status"] == 422
    assert world.marketo.calls["create_fields"] == 0


def test_a_permission_that_is_missing_is_refused_on_saving(
    call: Call, connection: str, group: str, world: World
) -> None:
    world.marketo.checks.append(Check("bulk_import", "failed", "Grant Read-Write Lead.", ("mark",)))
    call("POST", f"/connections/{connection}/check")
    refused = call("POST", "/services", new_service(connection, group, rules=MARK, create_missing_fields=True))
    assert (refused["status"], refused["code"]) == (422, "marketo_permission_missing")
    assert "Grant Read-Write Lead." in refused["detail"]
    assert call("POST", "/services", new_service(connection, group))["status"] == 201  # a preview writes nothing


def test_a_permission_that_was_granted_meanwhile_is_seen(call: Call, connection: str, group: str, world: World) -> None:
    world.marketo.checks.append(Check("extract_leads", "failed", "Grant Read-Only Lead.", ("dedupe",)))
    call("POST", f"/connections/{connection}/check")
    assert "dedupe" not in call("GET", f"/connections/{connection}")["ready_for"]
    world.marketo.checks.pop()
    assert call("POST", "/services", new_service(connection, group))["status"] == 201
    assert call("GET", f"/connections/{connection}")["verdict"] == "ok"


def test_fields_are_created_by_who_may_alone(call: Call, connection: str, group: str, world: World) -> None:
    world.marketo.checks.append(Check("create_fields", "failed", "Grant Read-Write Schema.", ("new_fields",)))
    call("POST", f"/connections/{connection}/check")
    refused = call("POST", "/services", new_service(connection, group, rules=MARK, create_missing_fields=True))
    assert (refused["status"], refused["code"]) == (422, "marketo_permission_missing")
    assert world.marketo.calls["create_fields"] == 0


@pytest.mark.parametrize("kind", ["dedupe", "email_hash", "email_domain"])
def test_every_kind_has_rules_that_are_good_without_a_word(call: Call, connection: str, group: str, kind: str) -> None:
    body = new_service(connection, group, kind=kind, rules={}, create_missing_fields=True)
    made = call("POST", "/services", body)
    assert made["status"] == 201
    assert made["description"]
    assert made["created_fields"]
    assert call("POST", f"/services/{made['id']}/plan", {"leads": 50_000})["calls"] > 5


def test_a_service_that_the_scheduler_refuses_is_not_kept(
    call: Call, connection: str, group: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise InvalidRequest("The scheduler refuses this schedule.", field="schedule")

    monkeypatch.setattr(world.schedules, "put", refuse)
    assert call("POST", "/services", new_service(connection, group, schedule=WEEKDAYS))["status"] == 422
    assert world.services.kept == {}


def test_a_change_leaves_what_it_does_not_name(call: Call, service: dict[str, Any], world: World) -> None:
    path = f"/services/{service['id']}"
    call("PATCH", path, {"schedule": WEEKDAYS})
    changed = call("PATCH", path, {"name": "Daily", "list": {"kind": "smart", "id": 8}})
    assert (changed["name"], changed["list"]["name"]) == ("Daily", "Possible duplicates of ours")
    assert (changed["schedule"], changed["rules"]) == (WEEKDAYS, service["rules"])
    without = call("PATCH", path, {"schedule": None})
    assert (without["schedule"], without["next_runs"]) == (None, [])
    assert world.schedules.kept == {}


def test_a_changed_service_is_checked_as_a_new_one_is(call: Call, service: dict[str, Any]) -> None:
    path = f"/services/{service['id']}"
    for change, field in (
        ({"list": {"kind": "static", "id": 99}}, "list.id"),
        ({"list": None}, "list"),
        ({"rules": {"nothing": 1}}, "rules.nothing"),
        ({"schedule": {"expression": "cron(0 6 30 2 ? *)"}}, "schedule.expression"),
        ({"kind": "email_hash"}, "kind"),
    ):
        answer = call("PATCH", path, change)
        assert (answer["status"], answer["field"]) == (422, field)
    unchanged = ("name", "list", "rules", "schedule", "changed_at")
    after = call("GET", path)
    assert {name: after[name] for name in unchanged} == {name: service[name] for name in unchanged}


def test_a_list_that_was_renamed_is_shown_by_its_new_name_after_a_change(
    call: Call, service: dict[str, Any], world: World
) -> None:
    world.marketo.known_lists[:] = []
    world.marketo.add_list("static", 7, "Webinar 2026", [])
    assert call("PATCH", f"/services/{service['id']}", {"name": "X"})["list"]["name"] == "Webinar 2026"


def test_a_rate_counts_anew_only_when_it_changes(call: Call, service: dict[str, Any], world: World) -> None:
    path = f"/services/{service['id']}"
    first = call("PATCH", path, {"schedule": {"expression": "rate(12 hours)"}})
    assert first["next_runs"][0] == "2026-11-23T00:00:00Z"
    world.now += 3_600_000
    same = call("PATCH", path, {"name": "Y", "schedule": {"expression": "rate(12 hours)"}})
    assert same["next_runs"] == first["next_runs"]
    other = call("PATCH", path, {"schedule": {"expression": "rate(6 hours)"}})
    assert other["next_runs"][0] == "2026-11-22T19:00:00Z"


def test_a_pause_stops_the_schedule_and_a_resume_lets_it_go_on(
    call: Call, service: dict[str, Any], world: World
) -> None:
    path = f"/services/{service['id']}"
    call("PATCH", path, {"schedule": WEEKDAYS})
    paused = call("POST", f"{path}/pause", {})
    assert (paused["state"], paused["next_runs"]) == ("paused", [])
    assert world.schedules.kept["acme", service["id"]][1] is False
    assert call("PATCH", path, {"name": "Z"})["state"] == "paused"
    resumed = call("POST", f"{path}/resume", {})
    assert (resumed["state"], len(resumed["next_runs"])) == ("enabled", 5)
    assert world.schedules.kept["acme", service["id"]][1] is True


def test_a_schedule_whose_times_are_over_is_not_resumed(call: Call, service: dict[str, Any], world: World) -> None:
    path = f"/services/{service['id']}"
    call("PATCH", path, {"schedule": {"expression": "cron(0 6 1 12 ? 2026)"}})
    call("POST", f"{path}/pause", {})
    world.now = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp() * 1_000)
    refused = call("POST", f"{path}/resume", {})
    assert (refused["status"], refused["field"]) == (422, "schedule.expression")


def test_a_clone_is_paused_and_like_its_original(call: Call, service: dict[str, Any]) -> None:
    clone = call("POST", f"/services/{service['id']}/clone", {"name": "Copy"})
    assert (clone["status"], clone["state"], clone["name"]) == (201, "paused", "Copy")
    same = ("group", "connection", "kind", "list", "rules", "schedule", "description")
    assert {name: clone[name] for name in same} == {name: service[name] for name in same}
    assert call("POST", f"/services/{service['id']}/clone", {"name": "Copy"})["field"] == "name"
    assert call("POST", f"/services/{service['id']}/clone", {"name": "B", "group": "abc"})["field"] == "group"


def test_services_are_found_by_what_they_belong_to(call: Call, service: dict[str, Any], group: str) -> None:
    clone = call("POST", f"/services/{service['id']}/clone", {"name": "A copy"})
    assert [one["name"] for one in call("GET", "/services", by="read")["services"]] == ["A copy", "Nightly"]
    for query, expected in (
        ({"state": "paused"}, [clone["id"]]),
        ({"kind": "email_hash"}, []),
        ({"group": group, "connection": service["connection"]}, [clone["id"], service["id"]]),
        ({"group": "x"}, []),
    ):
        assert [one["id"] for one in call("GET", "/services", **query)["services"]] == expected
    assert call("GET", "/services", kind="x")["field"] == "kind"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/clone"), ("POST", "/pause"), ("POST", "/resume")),
        *(("POST", "/plan"), ("GET", "/executions"), ("POST", "/executions")),
    ],
)
def test_another_tenants_service_is_not_there(call: Call, service: dict[str, Any], method: str, path: str) -> None:
    body = {"name": "x"} if path == "/clone" else {}
    assert call(method, f"/services/{service['id']}{path}", body, by="other-admin")["status"] == 404


def test_who_only_reads_sets_up_nothing(call: Call, service: dict[str, Any], connection: str, group: str) -> None:
    for method, path, body in (
        ("POST", "/services", new_service(connection, group)),
        ("PATCH", f"/services/{service['id']}", {"name": "x"}),
        ("DELETE", f"/services/{service['id']}", {}),
        ("POST", f"/services/{service['id']}/executions", {}),
        ("POST", "/groups", {"name": "x"}),
    ):
        assert call(method, path, body, by="read")["code"] == "not_allowed"


def test_a_plan_asks_nothing_of_marketo(call: Call, service: dict[str, Any], world: World) -> None:
    before = world.marketo.calls.total()
    plan = call("POST", f"/services/{service['id']}/plan", {})
    assert (plan["status"], plan["leads_from"], plan["fits_today"]) == (200, "assumed", True)
    assert plan["calls"] == sum(plan["calls_by_stage"].values())
    assert plan["free_calls_today"] == 10_000
    million = call("POST", f"/services/{service['id']}/plan", {"leads": 10_000_000})
    assert (million["leads_from"], million["fits_today"]) == ("given", False)
    assert million["days"] > 1
    assert million["warnings"]
    assert world.marketo.calls.total() == before


def test_the_sample_is_answered_as_it_says(keys: dict[str, str], context: Any) -> None:
    request, expected = (json.loads((SAMPLES / f"create_group{end}.json").read_text()) for end in ("", ".expected"))
    request["headers"]["authorization"] = f"Bearer {keys['admin']}"
    answer = handler.lambda_handler(request, context)
    assert answer["statusCode"] == expected["statusCode"]
    assert expected["body"].items() <= json.loads(answer["body"]).items()


def test_a_change_that_the_scheduler_did_not_hear_of_can_be_sent_again(
    call: Call, service: dict[str, Any], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise StoreUnavailable("The scheduler cannot be reached.")

    path = f"/services/{service['id']}"
    with monkeypatch.context() as troubled:
        troubled.setattr(world.schedules, "put", fail)
        assert call("PATCH", path, {"schedule": WEEKDAYS, "name": "New"})["status"] == 503
    after = call("GET", path)
    assert (after["schedule"], after["name"]) == (None, "Nightly")
    assert call("PATCH", path, {"schedule": WEEKDAYS})["schedule"] == WEEKDAYS
    assert world.schedules.kept["acme", service["id"]][0].expression == WEEKDAYS["expression"]
