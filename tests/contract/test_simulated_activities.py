"""Activities of the simulator against the reference of Marketo's API: types, tokens, pages, changes, deletions."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.marketo_simulator import activity_pages
from local.marketo_simulator.activity_log import Activity, log_activities
from tests.contract.simulated_marketo import SimulatedMarketo, simulated_marketo

PATH = "/rest/v1/activities"
SENT, OPENED = 6, 10


@pytest.fixture
def marketo(tmp_path: Path) -> Iterator[SimulatedMarketo]:
    with simulated_marketo(tmp_path) as running:
        yield running


def log(marketo: SimulatedMarketo, *happened: tuple[int, int]) -> None:
    """Lead and type."""
    made = [Activity(lead, type, 7, "Launch.Mail", {"Test Variant": 1}) for lead, type in happened]
    with marketo.instance.store.writing() as cursor:
        log_activities(cursor, made, marketo.instance.clock.now())


def token(marketo: SimulatedMarketo, since: str = "2026-11-01T00:00:00Z") -> str:
    answer = marketo.ask("GET", f"{PATH}/pagingtoken.json", params={"sinceDatetime": since}).json()
    assert answer.keys() == {"requestId", "success", "nextPageToken"}
    return str(answer["nextPageToken"])


def pages(marketo: SimulatedMarketo, path: str = ".json", **query: Any) -> list[list[dict[str, Any]]]:
    found, at = [], token(marketo, query.pop("since", "2026-11-01T00:00:00Z"))
    while True:
        page = marketo.ask("GET", PATH + path, params=query | {"nextPageToken": at}).json()
        assert page["success"], page
        at = page["nextPageToken"]  # always there, also where nothing follows
        found.append(page.get("result", []))
        if not page["moreResult"]:
            return found


def together(marketo: SimulatedMarketo, path: str = ".json", **query: Any) -> list[dict[str, Any]]:
    return [one for page in pages(marketo, path, **query) for one in page]


def test_types_are_listed_with_their_attributes(marketo: SimulatedMarketo) -> None:
    types = {one["id"]: one for one in marketo.result("GET", f"{PATH}/types.json")}
    assert types[2]["name"] == "Fill Out Form"
    assert types[2]["primaryAttribute"] == {"name": "Webform ID", "dataType": "integer"}
    assert "primaryAttribute" not in types[12]
    assert {1, 2, 3, 6, 7, 8, 9, 10, 11, 12, 13, 22, 24, 25, 27, 32, 37, 46, 104} <= types.keys()
    assert all({"name", "dataType"} == one.keys() for type in types.values() for one in type["attributes"])


def test_an_activity_as_it_is_shown(marketo: SimulatedMarketo) -> None:
    log(marketo, (50, SENT))
    (found,) = together(marketo, activityTypeIds="6")
    assert found == {
        "id": found["id"],
        "marketoGUID": str(found["id"]),
        "leadId": 50,
        "activityDate": "2026-11-22T10:00:00Z",
        "activityTypeId": 6,
        "primaryAttributeValueId": 7,
        "primaryAttributeValue": "Launch.Mail",
        "attributes": [{"name": "Test Variant", "value": 1}],
    }


@pytest.mark.parametrize("since", ["yesterday", "", "2026-13-01"])
def test_a_token_needs_a_date(marketo: SimulatedMarketo, since: str) -> None:
    assert marketo.refusal("GET", f"{PATH}/pagingtoken.json", params={"sinceDatetime": since})[0] == "1001"


def test_tokens_begin_at_their_moment(marketo: SimulatedMarketo) -> None:
    for lead in (1, 2, 3):
        log(marketo, (lead, SENT))
        marketo.advance(1)
    since = "2026-11-22T11:00:01+01:00"
    assert [one["leadId"] for one in together(marketo, activityTypeIds="6", since=since)] == [2, 3]


def test_a_token_goes_on_with_what_came_later(marketo: SimulatedMarketo) -> None:
    log(marketo, (1, SENT))
    at = token(marketo)
    first = marketo.ask("GET", f"{PATH}.json", params={"nextPageToken": at, "activityTypeIds": 6}).json()
    again = {"nextPageToken": first["nextPageToken"], "activityTypeIds": 6}
    nothing = marketo.ask("GET", f"{PATH}.json", params=again).json()
    assert (nothing["moreResult"], nothing.get("result", [])) == (False, [])
    log(marketo, (2, SENT))
    later = marketo.ask("GET", f"{PATH}.json", params=again | {"nextPageToken": nothing["nextPageToken"]}).json()
    assert [one["leadId"] for one in later["result"]] == [2]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, "1002"),
        ({"activityTypeIds": "1,2,3,4,5,6,7,8,9,10,11"}, "1003"),
        ({"activityTypeIds": "six"}, "1001"),
        ({"activityTypeIds": "6", "leadIds": ",".join(map(str, range(1, 32)))}, "1003"),
        ({"activityTypeIds": "6", "batchSize": "0"}, "1003"),
        ({"activityTypeIds": "6", "nextPageToken": "nonsense"}, "1003"),
    ],
)
def test_parameters_are_checked(marketo: SimulatedMarketo, query: dict[str, str], code: str) -> None:
    assert marketo.refusal("GET", f"{PATH}.json", params={"nextPageToken": token(marketo)} | query)[0] == code


def test_pages_can_be_empty_although_more_follows(marketo: SimulatedMarketo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity_pages, "LOOKED_THROUGH", 10)
    log(marketo, *[(1, SENT)] * 40, (99, OPENED))
    found = pages(marketo, activityTypeIds="6,10", leadIds="99")
    assert [len(page) for page in found] == [0, 0, 0, 0, 1]


@settings(max_examples=25, deadline=None)
@given(
    kinds=st.lists(st.sampled_from([(1, SENT), (1, OPENED), (2, SENT)]), max_size=60),
    size=st.integers(1, 12),
    looked=st.integers(1, 20),
)
def test_every_activity_comes_once_whatever_the_pages(
    tmp_path_factory: pytest.TempPathFactory, kinds: list[tuple[int, int]], size: int, looked: int
) -> None:
    with simulated_marketo(tmp_path_factory.mktemp("marketo")) as marketo, pytest.MonkeyPatch.context() as patch:
        patch.setattr(activity_pages, "LOOKED_THROUGH", looked)
        for place, kind in enumerate(kinds):
            log(marketo, kind)
            if place % 3 == 0:
                marketo.advance(1)
        found = together(marketo, activityTypeIds="6", batchSize=size)
        assert [one["leadId"] for one in found] == [lead for lead, type in kinds if type == SENT]
        assert len({one["marketoGUID"] for one in found}) == len(found)


def test_short_and_empty_pages_on_order(marketo: SimulatedMarketo) -> None:
    log(marketo, (1, SENT), (2, SENT), (3, SENT))
    for effect in ("empty_page", "short_page"):
        marketo.instance.faults.add({"path": "/rest/v1/activities.json", "effect": effect})
    found = pages(marketo, activityTypeIds="6")
    assert [[one["leadId"] for one in page] for page in found] == [[], [1], [2, 3]]


def test_lists_of_ten_thousand_are_refused(marketo: SimulatedMarketo, monkeypatch: pytest.MonkeyPatch) -> None:
    (lead,) = marketo.add_leads({"email": "a@example.com"})
    wanted = marketo.add_list("Small", [lead])
    log(marketo, (lead, SENT), (lead + 1, SENT))
    assert len(together(marketo, activityTypeIds="6", listId=wanted)) == 1
    monkeypatch.setattr(activity_pages, "LARGEST_LIST", 1)
    query = {"nextPageToken": token(marketo), "activityTypeIds": "6", "listId": wanted}
    assert marketo.refusal("GET", f"{PATH}.json", params=query)[0] == "1003"
    marketo.instance.switches.big_lists_refused = False
    assert len(together(marketo, activityTypeIds="6", listId=wanted)) == 1


def test_changes_of_values(marketo: SimulatedMarketo) -> None:
    (lead,) = marketo.add_leads({"email": "a@example.com", "company": "Old"})
    marketo.advance(1)
    body = {"action": "updateOnly", "lookupField": "id", "input": [{"id": lead, "company": "New", "city": "Rome"}]}
    marketo.result("POST", "/rest/v1/leads.json", json=body)
    (found,) = together(marketo, "/leadchanges.json", fields="company")
    assert (found["leadId"], found["activityTypeId"]) == (lead, 13)
    (field,) = found["fields"]
    assert (field["name"], field["oldValue"], field["newValue"]) == ("company", "Old", "New")
    assert {one["name"] for one in found["attributes"]} == {"Source"}
    query = {"nextPageToken": token(marketo), "fields": "colour"}
    assert marketo.refusal("GET", f"{PATH}/leadchanges.json", params=query)[0] == "1006"


def test_deleted_leads_are_told_for_two_weeks(marketo: SimulatedMarketo) -> None:
    (lead,) = marketo.add_leads({"email": "a@example.com", "firstName": "Ada", "lastName": "Byron"})
    marketo.result("POST", "/rest/v1/leads/delete.json", json={"input": [{"id": lead}]})
    (found,) = together(marketo, "/deletedleads.json")
    assert (found["leadId"], found["activityTypeId"], found["primaryAttributeValue"]) == (lead, 37, "Ada Byron")
    assert together(marketo, activityTypeIds="37") == []
    marketo.advance(15 * 86_400)
    assert together(marketo, "/deletedleads.json") == []


def test_the_bulk_file_tells_the_same(marketo: SimulatedMarketo) -> None:
    log(marketo, (1, SENT), (2, OPENED))
    marketo.advance(1)
    log(marketo, (3, SENT))
    wanted = {"createdAt": {"startAt": "2026-11-22T00:00:00Z", "endAt": "2026-11-22T10:00:00Z"}}
    exports = "/bulk/v1/activities/export"
    (job,) = marketo.result("POST", f"{exports}/create.json", json={"filter": wanted, "fields": None})
    marketo.result("POST", f"{exports}/{job['exportId']}/enqueue.json")
    marketo.advance(300)
    lines = marketo.ask("GET", f"{exports}/{job['exportId']}/file.json").text.splitlines()
    assert lines[0] == (
        "marketoGUID,leadId,activityDate,activityTypeId,campaignId,primaryAttributeValueId,primaryAttributeValue,attributes"
    )
    guids = [one["marketoGUID"] for one in together(marketo, activityTypeIds="6,10")]
    assert lines[1] == f'{guids[0]},1,2026-11-22T10:00:00Z,6,null,7,Launch.Mail,"{{""Test Variant"":1}}"'
    assert [line.split(",")[0] for line in lines[1:]] == guids[:2]


@pytest.mark.parametrize(
    ("filter", "says"),
    [
        ({"activityTypeIds": [6]}, "createdAt"),
        ({"activityTypeIds": [37]}, "37"),
        ({"activityTypeIds": [999_999]}, "999999"),
        ({"primaryAttributeValueIds": [1]}, "asset group"),
        ({"activityTypeIds": [6, 2], "primaryAttributeValueIds": [1]}, "asset group"),
        ({"activityTypeIds": [6, 7], "primaryAttributeValueIds": list(range(51))}, "50"),
        ({"activityTypeIds": [6], "primaryAttributeValueIds": [1], "primaryAttributeValues": ["a.b"]}, "Only one"),
    ],
)
def test_filters_of_bulk_activities(marketo: SimulatedMarketo, filter: dict[str, Any], says: str) -> None:
    times = {"createdAt": {"startAt": "2026-11-01T00:00:00Z", "endAt": "2026-11-02T00:00:00Z"}}
    whole = filter if "createdAt" in says else filter | times
    code, message = marketo.refusal("POST", "/bulk/v1/activities/export/create.json", json={"filter": whole})
    assert code == "1003"
    assert says in message


def test_bulk_activities_by_asset_and_with_their_result(marketo: SimulatedMarketo) -> None:
    log(marketo, (1, SENT))
    body = {
        "fields": ["leadId", "actionResult"],
        "filter": {
            "createdAt": {"startAt": "2026-11-22T00:00:00Z", "endAt": "2026-11-23T00:00:00Z"},
            "activityTypeIds": [6, 10],
            "primaryAttributeValues": ["Launch.Mail"],
        },
    }
    exports = "/bulk/v1/activities/export"
    (job,) = marketo.result("POST", f"{exports}/create.json", data=json.dumps(body))
    marketo.result("POST", f"{exports}/{job['exportId']}/enqueue.json")
    marketo.advance(300)
    file = marketo.ask("GET", f"{exports}/{job['exportId']}/file.json").text
    assert file == "leadId,actionResult\n1,succeeded\n"
