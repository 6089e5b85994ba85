"""What Marketo noted is what questions are answered with: imported on the real local stack, twice, and onwards."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from local.marketo_simulator.simulator import Simulator
from tests.e2e.conftest import Customer
from tests.e2e.marketo_operator import Operator, marketo_with

pytestmark = pytest.mark.system
LEADS = 600
ACTIONS = {6: "email_sent", 7: "email_delivered", 10: "email_opened", 11: "link_clicked", 22: "score_changed"}


@pytest.fixture(scope="module")
def marketo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with marketo_with(tmp_path_factory.mktemp("marketo"), LEADS) as simulator:
        simulator.switch(bulk_pace=0)
        yield simulator


@pytest.fixture
def operator(customer: Callable[..., Customer], marketo: Simulator) -> Operator:
    return Operator(customer(), marketo)


class Instance:
    """What Marketo itself says, asked as any client asks."""

    def __init__(self, marketo: Simulator) -> None:
        self._marketo = marketo
        client_id, secret = marketo.credentials
        asked = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        told = requests.get(f"{marketo.endpoint}/identity/oauth/token", params=asked, timeout=10).json()
        self._headers = {"Authorization": f"Bearer {told['access_token']}"}

    def activities(self, types: list[int], since: str) -> list[dict[str, Any]]:
        query: dict[str, Any] = {"sinceDatetime": since}
        page = self._get("/rest/v1/activities/pagingtoken.json", query)
        found: list[dict[str, Any]] = []
        while page.get("moreResult", True):
            query = {"nextPageToken": page["nextPageToken"], "activityTypeIds": ",".join(map(str, types))}
            page = self._get("/rest/v1/activities.json", query)
            found += page.get("result", [])
        return found

    def members(self, list_id: int) -> set[int]:
        page = self._get(f"/rest/v1/lists/{list_id}/leads.json", {"fields": "id"})
        found = {lead["id"] for lead in page["result"]}
        while "nextPageToken" in page:
            page = self._get(
                f"/rest/v1/lists/{list_id}/leads.json", {"fields": "id", "nextPageToken": page["nextPageToken"]}
            )
            found |= {lead["id"] for lead in page["result"]}
        return found

    def _get(self, path: str, query: dict[str, Any]) -> dict[str, Any]:
        self._marketo.forget("counters")
        answer = requests.get(self._marketo.endpoint + path, params=query, headers=self._headers, timeout=30).json()
        assert answer["success"], answer
        return dict(answer)


def since_of(operator: Operator, execution: dict[str, Any]) -> str:
    """Where the import's first window began, as its log says it."""
    lines = operator.ask("GET", f"executions/{execution['id']}/log")["lines"]
    told = next(line for line in lines if "asks for activities" in line["message"])
    return str(told["facts"]["windows"][0]["startAt"])


def test_questions_are_answered_with_what_marketo_noted(operator: Operator, marketo: Simulator) -> None:
    service = operator.service("activity_import", rules={"first_days": 31, "actions": list(ACTIONS.values())})
    ours = operator.customer
    first = operator.run(service)
    ours.wait()
    told = Instance(marketo).activities(list(ACTIONS), since_of(operator, first))
    assert first["results"]["events_accepted"] == len(told) == ours.count() > LEADS / 10
    for number, action in ACTIONS.items():
        wanted = [one for one in told if one["activityTypeId"] == number]
        assert ours.count(filters=[{"field": "action", "value": action}]) == len(wanted), action
    people = len({one["leadId"] for one in told})
    assert ours.count(measure={"type": "unique_actors"}) == people
    campaigns = ours.series(
        filters=[{"field": "action", "value": "email_sent"}], breakdown={"field": "context.campaign"}
    )["series"]
    assert {row["key"] for row in campaigns if row["kind"] == "value"} == {
        one["primaryAttributeValue"].partition(".")[0] for one in told if one["activityTypeId"] == 6
    }
    second = operator.run(service)
    ours.wait()
    assert ours.count() == len(told)
    assert second["results"]["imported_until"] > first["results"]["imported_until"]
    assert second["usage"]["calls"] < 15


def test_of_a_list_and_of_everybody(operator: Operator, marketo: Simulator) -> None:
    everybody = operator.post(
        "services",
        name="Everybody's",
        group=operator.group,
        connection=operator.connection,
        kind="activity_import",
        list=None,
        rules={"actions": ["email_sent"], "first_days": 38},
    )["id"]
    listed = operator.service("activity_import", "Webinar", rules={"actions": ["email_opened"], "addresses": True})
    ours, instance = operator.customer, Instance(marketo)
    sends = operator.run(str(everybody))
    opens = operator.run(listed)
    ours.wait()
    sent = instance.activities([6], since_of(operator, sends))
    assert ours.count(filters=[{"field": "action", "value": "email_sent"}]) == len(sent)
    members = instance.members(operator.list_named("Webinar")["id"])
    opened = [one for one in instance.activities([10], since_of(operator, opens)) if one["leadId"] in members]
    assert ours.count(filters=[{"field": "action", "value": "email_opened"}]) == len(opened)
    assert opens["results"]["activities_of_others"] == opens["results"]["activities"] - len(opened)


def test_rules_that_cannot_work_are_refused_when_they_are_saved(operator: Operator) -> None:
    def refused(**body: Any) -> dict[str, Any]:
        whole = {
            "name": "Wrong",
            "group": operator.group,
            "connection": operator.connection,
            "kind": "activity_import",
            "list": None,
        }
        answer = operator.customer.ask("admin", "POST", "/v1/marketo/services", json=whole | body)
        assert answer.status_code == 422, answer.text
        return dict(answer.json())

    assert refused(rules={"people": "address"})["field"] == "list"
    assert refused(rules={"actions": ["email_open"]})["field"] == "rules.actions[0]"
    assert refused(rules={"first_days": 900})["field"] == "rules.first_days"
