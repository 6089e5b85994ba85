"""Marketo services on the real local stack: state machine, functions and stores, against the Marketo simulator."""

import csv
import hashlib
import io
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from local.marketo_simulator.simulator import Simulator
from tests.e2e.conftest import Customer
from tests.e2e.marketo_operator import Operator, Shown, marketo_with

pytestmark = pytest.mark.system
LEADS = 2_000
AGREED: dict[str, Any] = {"ask_above_share": 1.0}


@pytest.fixture(scope="module")
def marketo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with marketo_with(tmp_path_factory.mktemp("marketo"), LEADS) as simulator:
        yield simulator


@pytest.fixture
def operator(customer: Callable[..., Customer], marketo: Simulator) -> Iterator[Operator]:
    marketo.switch(bulk_pace=0, smart_list_exports=True, calls_a_day=50_000)
    yield Operator(customer(), marketo)
    marketo.forget("faults")


def leads_of(marketo: Simulator, *ids: int, fields: str = "email") -> list[Shown]:
    client_id, secret = marketo.credentials
    asked = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    token = requests.get(f"{marketo.endpoint}/identity/oauth/token", params=asked, timeout=60).json()["access_token"]
    found = requests.get(
        f"{marketo.endpoint}/rest/v1/leads.json",
        params={"filterType": "id", "filterValues": ",".join(map(str, ids)), "fields": f"id,{fields}"},
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
    )
    return list(found.json()["result"])


def changes_of(operator: Operator, execution: Shown) -> list[dict[str, str]]:
    report = operator.file(execution["id"], "report/changes.csv").decode()
    return list(csv.DictReader(io.StringIO(report, newline="")))


def test_duplicates_are_marked_and_a_second_run_changes_nothing(operator: Operator) -> None:
    service = operator.service("dedupe", rules=AGREED)
    first = operator.run(service)
    results = first["results"]
    assert first["progress"]["leads"] == LEADS
    assert results["groups"] > LEADS / 30
    assert (results["refused"], results["verified_differ"], results["success_rate"]) == (0, 0, 1.0)
    assert first["usage"]["calls"] <= 40
    changes = changes_of(operator, first)
    assert len({change["id"] for change in changes}) == first["progress"]["changes"] == results["written"]
    assert "@" not in "".join(change["key"] + change["reason"] for change in changes)
    explained = operator.ask("GET", f"executions/{first['id']}/explain", params={"lead": changes[0]["id"]})
    assert explained["changes"][0]["rule"] == changes[0]["rule"]
    second = operator.run(service)
    assert (second["progress"]["changes"], second["results"]["groups"]) == (0, results["groups"])


def test_addresses_are_hashed_by_bulk_import(operator: Operator, marketo: Simulator) -> None:
    shown = operator.run(operator.service("email_hash"))
    assert shown["results"]["imports"] == 1
    assert shown["results"]["written"] > LEADS * 0.9
    assert shown["usage"]["calls"] <= 40
    change = changes_of(operator, shown)[0]
    [lead] = leads_of(marketo, int(change["id"]), fields="email,emailSha256")
    assert lead["emailSha256"] == change["after"]
    assert lead["emailSha256"] == hashlib.sha256(lead["email"].strip().lower().encode()).hexdigest()


def test_domains_are_told_of_a_smart_list(operator: Operator) -> None:
    chosen = operator.list_named("Germany", kind="smart")
    shown = operator.run(operator.service("email_domain", chosen=chosen))
    assert 0 < shown["progress"]["leads"] < LEADS
    assert shown["results"]["verified_differ"] == 0


def test_a_smart_list_that_is_not_exported_is_found_among_everybody(operator: Operator, marketo: Simulator) -> None:
    chosen = operator.list_named("Same e-mail address", kind="smart")
    match = [{"name": "one address", "fields": ["email"]}]  # so that marks differ, whoever marked these leads before
    preview = {"match": match, "outcome": {"kind": "preview"}}
    exported = operator.run(operator.service("dedupe", chosen=chosen, rules=preview))
    marketo.switch(smart_list_exports=False)
    verdict = operator.post(f"connections/{operator.connection}/check")["verdict"]
    service = operator.service("dedupe", chosen=chosen, rules={**AGREED, "match": match})
    found = operator.run(service)
    assert verdict == "ok"
    assert 0 < found["progress"]["leads"] == exported["progress"]["leads"] < LEADS
    assert found["results"]["leads_read"] == LEADS
    assert found["results"]["groups"] == exported["results"]["groups"] > 0
    assert changes_of(operator, found) == changes_of(operator, exported) != []
    assert (found["results"]["refused"], found["results"]["verified_differ"]) == (0, 0)
    windows = found["results"]["windows"]
    assert windows > 30  # people of three years
    assert found["usage"]["calls"] < 6 * windows
    assert any(f"'windows': {windows}" in line for line in operator.lines(found["id"]))


def test_duplicates_are_merged_and_each_is_in_the_journal(operator: Operator, marketo: Simulator) -> None:
    rules = {**AGREED, "outcome": {"kind": "merge"}}
    service = operator.service("dedupe", "Trade show badge scans", rules=rules)
    before = operator.run(operator.service("dedupe", "Trade show badge scans", rules={"outcome": {"kind": "preview"}}))
    marketo.fault(path="/rest/v1/leads/*/merge.json", code="604", after=True)
    marketo.fault(path="/rest/v1/leads/*/merge.json", code="611", skip=2)
    shown = operator.run(service)
    assert shown["results"]["merged"] > 0
    assert shown["results"]["merged"] + shown["results"]["merges_left_out"] == before["results"]["groups"]
    assert any("merge_unconfirmed" in line for line in operator.lines(shown["id"]))


def test_activities_become_events(operator: Operator) -> None:
    shown = operator.run(operator.service("activity_import", rules={}))
    accepted = shown["results"]["events_accepted"]
    assert accepted > LEADS / 2
    operator.customer.wait()
    assert operator.customer.count() == accepted
    again = operator.run(operator.service("activity_import", rules={}))
    assert again["results"]["events_accepted"] > 0
    operator.customer.wait()


def test_a_long_list_is_worked_on_in_parts(
    customer: Callable[..., Customer], tmp_path_factory: pytest.TempPathFactory
) -> None:
    with marketo_with(tmp_path_factory.mktemp("large"), 100_000, activities_per_lead=0.0) as simulator:
        simulator.switch(bulk_pace=0)
        operator = Operator(customer(), simulator)
        shown = operator.run(operator.service("dedupe", rules={**AGREED, "outcome": {"kind": "preview"}}))
        lines = operator.lines(shown["id"])
        assert sum("is divided" in line for line in lines) == 4
        assert shown["progress"]["leads"] == 100_000
        assert shown["results"]["groups"] > 3_000


def test_it_stops_while_marketo_works_and_goes_on_when_resumed(operator: Operator, marketo: Simulator) -> None:
    marketo.switch(bulk_pace=1)
    execution = operator.start(operator.service("dedupe", rules=AGREED))
    waiting = operator.wait(execution, lambda shown: shown["waiting"] is not None)
    assert waiting["waiting"]["code"] == "export_running"
    operator.post(f"executions/{execution}/stop")
    stopped = operator.end(execution)
    assert stopped["state"] == "stopped"
    quota = operator.ask("GET", f"connections/{operator.connection}/quota")
    assert quota["reservations"] == []
    assert any("calls its export off" in line for line in operator.lines(execution))
    marketo.switch(bulk_pace=0)
    operator.post(f"executions/{execution}/resume")
    resumed = operator.end(execution)
    assert (resumed["state"], resumed["attempt"]) == ("completed", 2)


def test_more_changes_than_agreed_ask_first(operator: Operator) -> None:
    execution = operator.start(operator.service("dedupe", rules={"ask_above_share": 0.0, "outcome": UNMARKED}))
    asked = operator.wait(execution, lambda shown: shown["state"] == "awaiting_approval")
    assert asked["state"] == "awaiting_approval"
    assert asked["results"].get("written") is None
    operator.post(f"executions/{execution}/approve")
    assert operator.end(execution)["results"]["written"] > 0


UNMARKED = {
    "kind": "mark",
    "marks": {"group": "e2eGroup", "survivor": "e2eSurvivor", "duplicate": "e2eDup", "rule": "e2eR"},
}


def test_a_day_that_is_used_up_is_waited_for(operator: Operator, marketo: Simulator) -> None:
    service = operator.service("dedupe", rules={"outcome": {"kind": "preview"}})
    marketo.switch(calls_a_day=1)
    execution = operator.start(service)
    waiting = operator.wait(execution, lambda shown: shown["waiting"] is not None)
    assert waiting["waiting"]["code"] == "daily_calls"
    until = datetime.fromisoformat(waiting["waiting"]["until"]).astimezone(ZoneInfo("America/Chicago"))
    assert (until.hour, until.minute) == (0, 0)
    marketo.advance(24 * 3600)
    marketo.switch(calls_a_day=50_000)
    the_day_ends(operator)
    assert operator.end(execution)["state"] == "completed"


def the_day_ends(operator: Operator) -> None:
    """The clock of the functions cannot be set: what they noted of the day is removed, as its end does."""
    table = operator.customer.system.outputs["MarketoQuotaTable"]
    key = {"connection": {"S": f"{operator.customer.tenant}#{operator.connection}"}, "sk": {"S": "pace"}}
    operator.customer.system.client("dynamodb").delete_item(TableName=table, Key=key)


EXPORT = "/bulk/v1/leads/export/*"
STORM: list[dict[str, Any]] = [
    {"path": "/bulk/v1/leads/export/create.json", "code": "606", "times": 2},
    {"path": "/bulk/v1/leads/export/create.json", "code": "615"},
    {"path": "/bulk/v1/leads/export/create.json", "status": 502, "body": "<html>Bad gateway</html>", "times": 3},
    {"path": f"{EXPORT}/enqueue.json", "code": "1029", "message": "Too many jobs in queue"},
    {"path": f"{EXPORT}/enqueue.json", "code": "1029", "message": "Job already queued", "after": True},
    {"path": f"{EXPORT}/status.json", "code": "602"},
    {"path": f"{EXPORT}/status.json", "code": "601"},
    {"path": f"{EXPORT}/status.json", "code": "608"},
    {"path": f"{EXPORT}/file.json", "status": 404, "body": ""},
    {"path": f"{EXPORT}/file.json", "code": "713"},
    {"path": f"{EXPORT}/file.json", "cut_at": 5_000},
    {"path": f"{EXPORT}/file.json", "truncate_at": 5_000},
    {"path": f"{EXPORT}/file.json", "hang_up": True},
    {"effect": "json_instead_of_file"},
    {"effect": "lose_last_byte"},
]


def test_whatever_marketo_says_meanwhile_the_list_comes_whole(operator: Operator, marketo: Simulator) -> None:
    service = operator.service("dedupe", "Newsletter", rules={"outcome": {"kind": "preview"}})
    calm = operator.run(service)
    for fault in STORM:
        marketo.fault(**fault)
    shown = operator.run(service)
    assert [fault for fault in marketo.ask("faults")["faults"] if not fault["used"]] == []
    assert shown["results"] == calm["results"]
    assert operator.file(shown["id"], "report/changes.csv") == operator.file(calm["id"], "report/changes.csv")
    assert marketo.counters["most_in_window"] <= 100


def test_an_extract_of_no_use_is_exported_anew(operator: Operator, marketo: Simulator) -> None:
    service = operator.service("dedupe", "Newsletter", rules={"outcome": {"kind": "preview"}})
    marketo.fault(effect="wrong_checksum")  # of the first job, whose file is then read twice
    marketo.fault(effect="job_fails", skip=1)
    shown = operator.run(service)
    assert {problem["code"] for problem in shown["problems"]} == {"export_file_damaged", "export_failed"}


def test_killed_while_marketo_exports_and_again_while_it_imports_it_goes_on(
    operator: Operator, marketo: Simulator
) -> None:
    service = operator.service("email_hash", rules={"targets": [{"form": "md5"}]})
    marketo.switch(bulk_pace=1)
    execution = operator.start(service)
    for code in ("export_running", "import_running"):
        operator.wait(execution, lambda shown, code=code: (shown["waiting"] or {}).get("code") == code)  # type: ignore[misc]
        operator.customer.system.kill("emulator")
        operator.customer.system.mend()
        operator.post(f"executions/{execution}/resume")
        marketo.advance(3_600)  # Marketo has done its part meanwhile
    shown = operator.end(execution)
    assert (shown["state"], shown["attempt"]) == ("completed", 3)
    assert shown["results"]["written"] > LEADS * 0.9
    assert shown["results"]["imports"] == 1
