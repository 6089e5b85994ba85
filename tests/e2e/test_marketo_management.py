"""Connections, services and schedules over HTTPS on the whole local system, against the Marketo simulator."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
import requests

from local.marketo_simulator.simulator import Simulator
from tests.e2e.conftest import Customer
from tests.e2e.marketo_operator import Operator, marketo_with

pytestmark = pytest.mark.system
LEADS = 600
PATIENCE_SECONDS = 150  # a schedule runs once a minute at most


@pytest.fixture(scope="module")
def marketo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with marketo_with(tmp_path_factory.mktemp("marketo"), LEADS) as simulator:
        simulator.switch(bulk_pace=0)
        yield simulator


@pytest.fixture
def operator(customer: Callable[..., Customer], marketo: Simulator) -> Operator:
    return Operator(customer(), marketo)


def refused(operator: Operator, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = operator.customer.ask("admin", method, f"/v1/marketo/{path}", json=body)
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return dict(answer.json())


def test_a_connection_is_tried_and_its_secret_shown_to_nobody(operator: Operator) -> None:
    shown = operator.ask("GET", f"connections/{operator.connection}")
    assert (shown["verdict"], {check["state"] for check in shown["checks"]}) == ("ok", {"ok"})
    assert set(shown["ready_for"]) == {"dedupe", "email_hash", "email_domain", "activity_import"}
    client_id, secret = operator.marketo.credentials
    assert shown["client_id"] == client_id
    assert secret not in str(shown)
    body = {"name": "B", "endpoint": operator.marketo.endpoint, "client_id": client_id, "client_secret": "wrong"}
    assert refused(operator, "POST", "connections", body)["code"] == "marketo_credentials_refused"
    elsewhere = body | {"endpoint": "http://169.254.169.254"}
    assert refused(operator, "POST", "connections", elsewhere)["field"] == "endpoint"
    assert len(operator.ask("GET", "connections")["connections"]) == 1


def test_a_new_secret_replaces_the_old_one_only_when_it_is_good(operator: Operator) -> None:
    path = f"connections/{operator.connection}"
    assert refused(operator, "PATCH", path, {"client_secret": "typo"})["code"] == "marketo_credentials_refused"
    assert operator.post(f"{path}/check")["verdict"] == "ok"
    _, secret = operator.marketo.credentials
    assert operator.ask("PATCH", path, json={"client_secret": secret})["verdict"] == "ok"


def test_lists_and_fields_are_the_instances_own_and_cost_calls_of_its_share(operator: Operator) -> None:
    path = f"connections/{operator.connection}"
    before = operator.ask("GET", f"{path}/quota")["calls"]
    assert before["used"] > 0  # the connection was tried
    fields = {field["name"]: field for field in operator.ask("GET", f"{path}/fields")["fields"]}
    assert fields["email"]["type"] == "email"
    found = operator.ask("GET", f"{path}/lists", params={"kind": "static", "name": "ALL LEADS"})["lists"]
    assert [one["name"] for one in found] == ["All leads"]
    after = operator.ask("GET", f"{path}/quota")["calls"]
    assert after["used"] > before["used"]
    assert after["used"] + after["free"] + after["reserved"] == after["share"]


def test_what_the_instance_does_not_have_is_refused_on_saving(operator: Operator) -> None:
    body = {
        "name": "Hashes",
        "group": operator.group,
        "connection": operator.connection,
        "kind": "email_hash",
        "list": operator.list_named("All leads"),
    }
    missing = refused(operator, "POST", "services", body | {"rules": {"targets": [{"field": "ourHash"}]}})
    assert "ourHash" in missing["detail"]
    assert "create_missing_fields" in missing["detail"]
    for change, field in (
        ({"list": {"kind": "static", "id": 987_654}}, "list.id"),
        ({"rules": {"source": "emial"}}, "rules.source"),
        ({"schedule": {"expression": "cron(0 6 31 2 ? *)"}}, "schedule.expression"),
        ({"schedule": {"expression": "rate(1 day)", "time_zone": "Europe/Berlim"}}, "schedule.time_zone"),
    ):
        assert refused(operator, "POST", "services", body | change)["field"] == field
    assert operator.ask("GET", "services")["services"] == []
    made = operator.post("services", **body, rules={"targets": [{"field": "ourHash"}]}, create_missing_fields=True)
    assert made["created_fields"] == ["ourHash"]
    fields = operator.ask("GET", f"connections/{operator.connection}/fields")["fields"]
    assert "ourHash" in {field["name"] for field in fields}


def test_a_plan_is_learnt_from_the_latest_execution_which_is_explained(operator: Operator) -> None:
    service = operator.service("dedupe", rules={"ask_above_share": 1.0})
    assert operator.post(f"services/{service}/plan")["leads_from"] == "assumed"
    done = operator.run(service)
    plan = operator.post(f"services/{service}/plan")
    assert (plan["leads"], plan["leads_from"], plan["bytes"]) == (
        *(LEADS, "latest_execution"),
        pytest.approx(done["usage"]["bytes"], abs=LEADS),
    )
    rows = operator.file(done["id"], "report/changes.csv").decode().splitlines()
    lead = int(rows[1].partition(",")[0])
    told = operator.ask("GET", f"executions/{done['id']}/explain", params={"lead": lead})
    assert len(told["changes"]) == sum(row.startswith(f"{lead},") for row in rows)
    assert all(change["rule"] and change["reason"] for change in told["changes"])
    history = operator.ask("GET", f"services/{service}/executions")["executions"]
    assert [one["id"] for one in history] == [done["id"]]


def test_a_preview_tells_what_a_run_then_does(operator: Operator) -> None:
    rules = {"targets": [{"form": "generic", "field": "previewedHash"}]}
    service = operator.service("email_hash", rules=rules)
    preview = operator.end(operator.post(f"services/{service}/executions", preview=True)["id"])
    assert (preview["state"], preview["preview"]) == ("completed", True)
    found = preview["progress"]["changes"]
    assert found > 0
    assert operator.post(f"services/{service}/plan")["changes"] == found
    again = operator.run(service)
    assert (again["progress"]["changes"], again["results"]["written"]) == (found, found)
    assert operator.run(service)["progress"]["changes"] == 0
    same = "report/changes.csv"
    assert operator.file(preview["id"], same) == operator.file(again["id"], same)


def test_a_start_that_is_sent_twice_begins_once_and_says_when_it_will_end(operator: Operator) -> None:
    service = operator.service("email_domain")
    sent = {"headers": {"Idempotency-Key": "night of the fair"}, "json": {"preview": True}}
    first = operator.ask("POST", f"services/{service}/executions", **sent)
    planned = datetime.fromisoformat(first["progress"]["estimated_end"]) - datetime.fromisoformat(first["created_at"])
    assert planned.total_seconds() == pytest.approx(sum(first["plan"]["seconds_by_stage"].values()), abs=1)
    ended = operator.end(first["id"])
    assert (ended["state"], ended["progress"]["estimated_end"]) == ("completed", None)
    assert list(ended["progress"]["seconds_by_stage"]) == ended["progress"]["stages"]
    assert operator.ask("POST", f"services/{service}/executions", **sent) == first
    assert len(operator.ask("GET", f"services/{service}/executions")["executions"]) == 1
    other = operator.customer.ask(
        "admin", "POST", f"/v1/marketo/services/{service}/executions", headers=sent["headers"], json={}
    )
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    learnt = operator.post(f"services/{service}/plan")
    assert learnt["seconds_by_stage"]["poll"] < first["plan"]["seconds_by_stage"]["poll"]


def test_a_schedule_starts_executions_until_the_service_is_paused(operator: Operator) -> None:
    schedule = {"expression": "rate(1 minute)"}
    service = operator.service("email_domain", schedule=schedule)
    shown = operator.ask("GET", f"services/{service}")
    assert len(shown["next_runs"]) == 5
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (begun := operator.ask("GET", f"services/{service}/executions")["executions"]):
        assert time.monotonic() < deadline, "the schedule started nothing"
        time.sleep(1)
    assert begun[-1]["started_by"] == "schedule"
    operator.post(f"services/{service}/pause")
    first = operator.end(begun[-1]["id"])
    assert first["state"] == "completed", first
    assert first["plan"]["calls"] > 0
    (name,) = [one["Name"] for one in schedules_of(operator) if one["Name"].startswith(service)]
    deleted = operator.customer.ask("admin", "DELETE", f"/v1/marketo/services/{service}")
    assert (deleted.status_code, deleted.text) == (204, "")
    assert name not in {one["Name"] for one in schedules_of(operator)}


def schedules_of(operator: Operator) -> list[dict[str, Any]]:
    system = operator.customer.system
    found = system.client("scheduler").list_schedules(GroupName=system.outputs["ScheduleGroup"])
    return list(found["Schedules"])


def test_tenants_never_meet(operator: Operator, customer: Callable[..., Customer]) -> None:
    service = operator.service("email_domain")
    execution = operator.run(service)["id"]
    link = operator.ask("GET", f"executions/{execution}/files")["files"][0]["link"]
    assert requests.get(link, timeout=60).status_code == 200
    stranger = customer()
    for path in (
        *(f"connections/{operator.connection}", f"connections/{operator.connection}/quota"),
        *(f"groups/{operator.group}", f"services/{service}", f"services/{service}/executions"),
        *(f"executions/{execution}", f"executions/{execution}/log", f"executions/{execution}/files"),
    ):
        assert stranger.ask("admin", "GET", f"/v1/marketo/{path}").status_code == 404, path
    for path in ("connections", "groups", "services", "executions"):
        assert stranger.ask("read", "GET", f"/v1/marketo/{path}").json()[path] == []
    assert stranger.ask("read", "POST", f"/v1/marketo/services/{service}/executions").status_code == 403


def test_a_connection_in_use_stays(operator: Operator) -> None:
    operator.service("email_domain")
    told = refused(operator, "DELETE", f"connections/{operator.connection}", {})
    assert told["status"] == 409
    assert "email_domain" in told["detail"]
