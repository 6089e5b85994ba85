"""Deduplication that reads what changed, on the real local stack, against the Marketo simulator."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from local.marketo_simulator.simulator import Simulator
from tests.e2e.conftest import Customer
from tests.e2e.marketo_operator import Operator, Shown, marketo_with

pytestmark = pytest.mark.system
LEADS = 2_000
RULES: dict[str, Any] = {"ask_above_share": 1.0, "scope": {"incremental": True}}


@pytest.fixture
def marketo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with marketo_with(tmp_path_factory.mktemp("marketo"), LEADS, activities_per_lead=0.0) as simulator:
        simulator.switch(bulk_pace=0)
        yield simulator


def rest(marketo: Simulator, method: str, path: str, **more: Any) -> list[Shown]:
    client_id, secret = marketo.credentials
    asked = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    token = requests.get(f"{marketo.endpoint}/identity/oauth/token", params=asked, timeout=60).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.request(method, f"{marketo.endpoint}{path}", headers=headers, timeout=60, **more).json()
    assert answer["success"], answer
    return list(answer["result"])


def leads_of(marketo: Simulator, *ids: int) -> dict[int, Shown]:
    fields = "id,email,tlDuplicateGroup,tlSurvivor,tlIsDuplicate"
    asked = {"filterType": "id", "filterValues": ",".join(map(str, ids)), "fields": fields}
    return {lead["id"]: lead for lead in rest(marketo, "GET", "/rest/v1/leads.json", params=asked)}


def test_a_second_run_reads_who_changed_and_writes_to_whom_that_touches(
    customer: Callable[..., Customer], marketo: Simulator
) -> None:
    operator = Operator(customer(), marketo)
    service = operator.service("dedupe", rules=RULES)
    first = operator.run(service)
    assert (first["results"]["incremental"], first["results"]["full_because"]) == (False, "no_earlier_run")
    alone = [lead for lead in leads_of(marketo, *range(1, 300)).values() if not lead["tlDuplicateGroup"]]
    one, other = [lead for lead in alone if lead["email"]][:2]
    body = {"action": "updateOnly", "lookupField": "id", "input": [{"id": other["id"], "email": one["email"]}]}
    rest(marketo, "POST", "/rest/v1/leads.json", json=body)
    second = operator.run(service)
    results = second["results"]
    assert (second["plan"]["incremental"], results["incremental"], results["written"]) == (True, True, 2)
    assert (second["progress"]["leads"], results["groups"]) == (LEADS, first["results"]["groups"] + 1)
    assert second["usage"]["bytes"] < first["usage"]["bytes"] / 3
    written = leads_of(marketo, one["id"], other["id"])
    assert {str(lead["tlDuplicateGroup"]) for lead in written.values()} == {str(min(one["id"], other["id"]))}
    assert sorted(bool(lead["tlIsDuplicate"]) for lead in written.values()) == [False, True]
    lines = operator.lines(second["id"])
    assert any("compared the list with the run before" in line for line in lines)
    third = operator.run(service)
    assert (third["results"]["incremental"], third["results"].get("written", 0)) == (True, 0)
    full = operator.end(str(operator.post(f"services/{service}/executions", full=True)["id"]))
    assert (full["results"]["full_because"], full["results"].get("written", 0)) == ("asked_for", 0)
    assert full["results"]["groups"] == third["results"]["groups"]
    assert full["results"]["quarantined"] == third["results"]["quarantined"]
