"""The simulator as a process: seeded, told what to do over its admin paths, killed, and woken where it was."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from local import processes
from local.errors import LocalError
from local.marketo_simulator.simulator import Simulator

NOW = 1_795_341_600_000  # 2026-11-22T10:00:00Z
LEADS = 600


@pytest.fixture(scope="module")
def marketo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with Simulator(tmp_path_factory.mktemp("marketo"), leads=LEADS, activities_per_lead=1, now=NOW) as running:
        yield running


@pytest.fixture(autouse=True)
def _ordinary(marketo: Simulator) -> Iterator[None]:
    yield
    marketo.forget("faults")
    marketo.forget("counters")


@pytest.fixture
def headers(marketo: Simulator) -> dict[str, str]:
    client, secret = marketo.credentials
    asked = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
    token = requests.get(f"{marketo.endpoint}/identity/oauth/token", params=asked, timeout=10).json()
    return {"Authorization": f"Bearer {token['access_token']}"}


def read(marketo: Simulator, headers: dict[str, str], lead: int) -> requests.Response:
    return requests.get(f"{marketo.endpoint}/rest/v1/lead/{lead}.json", headers=headers, timeout=10)


def test_it_is_seeded_and_knows_the_truth(marketo: Simulator) -> None:
    told = marketo.ask()
    assert told["leads"] == LEADS
    assert [one["name"] for one in told["static_lists"]][:2] == ["All leads", "Webinar"]
    truth = marketo.ask("truth")["duplicates"]
    assert sum(kind != "first" for _, _, kind in truth) == int(LEADS * 0.12)


def test_what_is_asked_of_it_wrongly_is_answered_with_what_would_work(marketo: Simulator) -> None:
    with pytest.raises(LocalError, match="no switch is called 'calls'; there are"):
        marketo.switch(calls=5)
    with pytest.raises(LocalError, match="it has: after, body"):
        marketo.fault(error="604")
    with pytest.raises(LocalError, match="goes forward only"):
        marketo.tell("clock", advance_ms=-1)
    with pytest.raises(LocalError, match="there is only: GET /_simulator/, "):
        marketo.ask("nothing")


def test_faults_and_counters_are_told_over_the_wire(marketo: Simulator, headers: dict[str, str]) -> None:
    marketo.fault(path="/rest/v1/lead/*.json", skip=1, times=2, code="611", message="System error")
    codes = [read(marketo, headers, 1).json().get("errors", [{"code": ""}])[0]["code"] for _ in range(4)]
    assert codes == ["", "611", "611", ""]
    marketo.fault(path="/rest/v1/lead/2.json", status=502, body="<html>Bad Gateway</html>")
    assert read(marketo, headers, 2).status_code == 502
    counters = marketo.counters
    assert counters["by_route"] == {"GET /rest/v1/lead/{id}.json": 5}
    assert counters["by_code"] == {"502": 1, "611": 2}


def test_a_truncated_answer_looks_whole(marketo: Simulator, headers: dict[str, str]) -> None:
    marketo.fault(path="/rest/v1/lead/1.json", truncate_at=10)
    answer = read(marketo, headers, 1)
    assert (answer.headers["Content-Length"], len(answer.content)) == ("10", 10)


def test_everything_outlives_a_kill(marketo: Simulator, headers: dict[str, str]) -> None:
    row = {"email": "new@example.com", "firstName": "New"}
    sent = {"input": [row]}
    made = requests.post(f"{marketo.endpoint}/rest/v1/leads.json", json=sent, headers=headers, timeout=10).json()
    lead = made["result"][0]["id"]
    marketo.tell("clock", stop=True)
    marketo.advance(7)
    marketo.switch(calls_a_day=777)
    marketo.fault(path="/rest/v1/lead/3.json", times=2, code="608")
    read(marketo, headers, 3)
    before = marketo.ask("clock"), marketo.counters["used"], marketo.credentials
    marketo.kill()
    with pytest.raises(requests.ConnectionError):
        marketo.ask()
    marketo.start()
    assert (marketo.ask("clock"), marketo.counters["used"], marketo.credentials) == before
    assert marketo.ask("switches")["calls_a_day"] == 777
    assert read(marketo, headers, lead).json()["result"][0]["firstName"] == "New"
    codes = [read(marketo, headers, 3).json()["success"] for _ in range(2)]
    assert codes == [False, True]
    marketo.tell("clock", run=True)
    marketo.switch(calls_a_day=50_000)


def test_what_was_answered_is_kept_whenever_the_power_goes(marketo: Simulator, headers: dict[str, str]) -> None:
    marketo.switch(calls_in_window=10_000)
    made: list[int] = []

    def write(number: int) -> None:
        sent = {"input": [{"email": f"power{number}.{one}@example.com"} for one in range(3)]}
        try:
            answer = requests.post(f"{marketo.endpoint}/rest/v1/leads.json", json=sent, headers=headers, timeout=10)
        except requests.RequestException:
            return
        if answer.ok and answer.json()["success"]:
            made.extend(row["id"] for row in answer.json()["result"])

    with ThreadPoolExecutor(4) as threads:
        done = threads.map(write, range(60))
        while len(made) < 30:
            time.sleep(0.01)
        marketo.kill()
        list(done)
    marketo.start()
    kept = {row["id"] for row in marketo.rows("select id from leads where email like 'power%'")}
    assert len(made) >= 30
    assert set(made) <= kept
    marketo.switch(calls_in_window=100)


def test_others_change_and_merge_leads_without_a_call(marketo: Simulator) -> None:
    marketo.change_leads({11: {"title": "Changed", "leadScore": 99}})
    (row,) = marketo.rows('select title, "leadScore" from leads where id = 11')
    assert row == {"title": "Changed", "leadScore": 99}
    marketo.merge_leads(11, [12])
    assert marketo.rows("select loser, winner from merged_leads") == [{"loser": 12, "winner": 11}]
    assert marketo.counters["calls"] == 0
    for refused in ("delete from leads", "select 1; drop table leads", "select nothing"):
        with pytest.raises(LocalError):
            marketo.rows(refused)
    with pytest.raises(LocalError, match="1004"):
        marketo.merge_leads(11, [12])
    assert marketo.rows("select count(*) as leads from leads where id in (11, 12)") == [{"leads": 1}]


def identity(marketo: Simulator, client: str, secret: str) -> requests.Response:
    asked = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
    return requests.get(f"{marketo.endpoint}/identity/oauth/token", params=asked, timeout=10)


def test_a_service_can_be_added_and_its_secret_rotated(marketo: Simulator) -> None:
    made = marketo.tell("services", user="second.user@example.test")
    first = identity(marketo, made["client_id"], made["client_secret"]).json()
    assert first["scope"] == "second.user@example.test"
    rotated = marketo.tell("services/rotate", client_id=made["client_id"])
    assert identity(marketo, made["client_id"], made["client_secret"]).status_code == 401
    second = identity(marketo, made["client_id"], rotated["client_secret"]).json()
    assert second["access_token"] == first["access_token"]
    read(marketo, {"Authorization": f"Bearer {first['access_token']}"}, 1)
    assert [user for user in marketo.counters["used"] if "second.user" in user]
    with pytest.raises(LocalError, match="no custom service"):
        marketo.tell("services/rotate", client_id="nobody")


def test_it_leaves_nothing_running(tmp_path: Path) -> None:
    simulator = Simulator(tmp_path, leads=10, activities_per_lead=0)
    with simulator:
        process = simulator._process
        assert process is not None
        assert process.alive()
    assert processes.identify(process.pid) != process
    with pytest.raises(requests.ConnectionError):
        simulator.ask()


def test_two_on_one_folder_are_one_too_many(marketo: Simulator) -> None:
    with pytest.raises(LocalError, match="did not start"):
        Simulator(marketo.folder).start()
    assert marketo.ask()["leads"] >= LEADS
