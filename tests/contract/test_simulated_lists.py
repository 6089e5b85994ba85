"""Static lists of the lead database, lists and folders as assets, and memberships, as Marketo has them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.marketo_simulator.clock import timestamp
from local.marketo_simulator.seeds.lists import seed_lists
from tests.contract.simulated_marketo import NOW, SimulatedMarketo, simulated_marketo

ASSETS = "/rest/asset/v1"


@pytest.fixture
def marketo(tmp_path: Path) -> Iterator[SimulatedMarketo]:
    with simulated_marketo(tmp_path) as running:
        seed_lists(running.instance.store, timestamp(NOW))
        yield running


def statuses(results: list[dict[str, Any]]) -> list[str]:
    return [one["reasons"][0]["code"] if one["status"] == "skipped" else one["status"] for one in results]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"id": "1002"}, ["Webinar"]),
        ({"id": "1002,1003"}, ["Webinar", "Newsletter"]),
        ({"name": "Webinar"}, ["Webinar"]),
        ({"name": "web"}, []),
        ({"programName": "Spring Webinar"}, ["Webinar"]),
        ({"workspaceName": "Elsewhere"}, []),
    ],
)
def test_lists_are_found_by_exact_names(marketo: SimulatedMarketo, asked: dict[str, str], found: list[str]) -> None:
    assert [row["name"] for row in marketo.result("GET", "/rest/v1/lists.json", params=asked)] == found


def test_a_list_has_the_shape_of_the_reference(marketo: SimulatedMarketo) -> None:
    assert marketo.result("GET", "/rest/v1/lists/1002.json") == [
        {
            "id": 1002,
            "name": "Webinar",
            "description": "",
            "programName": "Spring Webinar",
            "workspaceName": "Default",
            "createdAt": "2023-11-22T10:00:00Z",
            "updatedAt": "2026-11-22T10:00:00Z",
        }
    ]
    assert marketo.result("GET", "/rest/v1/lists/9.json") == []


def test_lists_come_in_pages(marketo: SimulatedMarketo) -> None:
    first = marketo.ask("GET", "/rest/v1/lists.json", params={"batchSize": 2}).json()
    rest = {"batchSize": 300, "nextPageToken": first["nextPageToken"]}
    second = marketo.ask("GET", "/rest/v1/lists.json", params=rest).json()
    assert [row["id"] for row in first["result"] + second["result"]] == [1001, 1002, 1003, 1004, 1005]
    assert "nextPageToken" not in second


def test_members_come_and_go(marketo: SimulatedMarketo) -> None:
    a, b, c = marketo.add_leads(*({"email": f"a{n}@example.com"} for n in range(3)))
    path = "/rest/v1/lists/1005/leads.json"
    assert statuses(marketo.result("POST", path, json={"input": [{"id": a}, {"id": b}, {"id": 99}]})) == [
        *("added", "added", "1004")
    ]
    assert statuses(marketo.result("POST", path, params={"id": [b, c]})) == ["added", "added"]
    asked = {"input": [{"id": a}, {"id": 99}]}
    both = "/rest/v1/lists/1005/leads/ismember.json"
    assert statuses(marketo.result("POST", both, params={"_method": "GET"}, json=asked)) == ["memberof", "1004"]
    assert statuses(marketo.result("DELETE", path, json={"input": [{"id": a}, {"id": 99}]})) == ["removed", "1004"]
    assert statuses(marketo.result("DELETE", path, params={"id": a})) == ["1015"]
    assert statuses(marketo.result("GET", both, params={"id": [a, b]})) == ["notmemberof", "memberof"]
    logged = marketo.instance.store.rows("select lead, type from activities where type in (24, 25) order by guid")
    assert [tuple(row.values()) for row in logged] == [(a, 24), (b, 24), (c, 24), (a, 25)]


@pytest.mark.parametrize("path", ["/rest/v1/lists/1005/leads.json", "/rest/v1/list/1005/leads.json"])
def test_members_are_read_in_pages_under_both_paths(marketo: SimulatedMarketo, path: str) -> None:
    leads = marketo.add_leads(*({"email": f"a{n}@example.com"} for n in range(301)))
    for start in (0, 300):
        marketo.result("POST", "/rest/v1/lists/1005/leads.json", params={"id": leads[start : start + 300]})
    first = marketo.ask("GET", path, params={"fields": "email"}).json()
    assert (len(first["result"]), first["result"][0]) == (300, {"id": leads[0], "email": "a0@example.com"})
    # As a public client asks: a POST that is a GET, with the token in its query.
    more = {"_method": "GET", "nextPageToken": first["nextPageToken"]}
    second = marketo.ask("POST", path, params=more, data={"fields": "email"}).json()
    assert [row["id"] for row in second["result"]] == leads[300:]
    assert "nextPageToken" not in second


def test_lists_that_are_not_there_and_leads_that_are_no_ids(marketo: SimulatedMarketo) -> None:
    assert marketo.refusal("GET", "/rest/v1/lists/9/leads.json")[0] == "1013"
    path = "/rest/v1/lists/1005/leads.json"
    assert marketo.refusal("POST", path, json={"input": [{"id": "x"}]})[0] == "1001"
    assert marketo.refusal("POST", path, params={"id": list(range(301))})[0] == "1003"
    assert marketo.refusal("POST", path)[0] == "1002"


def test_a_lead_tells_its_lists_and_programs(marketo: SimulatedMarketo) -> None:
    (lead,) = marketo.add_leads({"email": "a@example.com"})
    for number in (1005, 1003):
        marketo.result("POST", f"/rest/v1/lists/{number}/leads.json", params={"id": lead})
    answer = marketo.ask("GET", f"/rest/v1/leads/{lead}/listMembership.json", params={"batchSize": 1}).json()
    assert answer["result"] == [
        {"listId": 1003, "createdAt": "2026-11-22T10:00:00Z", "updatedAt": "2026-11-22T10:00:00Z"}
    ]
    assert answer["moreResult"] is True
    more = {"batchSize": 1, "nextPageToken": answer["nextPageToken"]}
    rest = marketo.ask("GET", f"/rest/v1/leads/{lead}/listMembership.json", params=more).json()
    assert ([row["listId"] for row in rest["result"]], rest["moreResult"]) == ([1005], False)
    assert marketo.result("GET", f"/rest/v1/leads/{lead}/programMembership.json") == []
    later = {"earliestUpdatedAt": "2026-11-22T10:00:01Z"}
    assert marketo.result("GET", f"/rest/v1/leads/{lead}/listMembership.json", params=later) == []


def test_static_lists_as_assets_live_their_life(marketo: SimulatedMarketo) -> None:
    form = {"name": "Mine", "folder": '{"id": 13, "type": "Folder"}', "description": "of mine"}
    (made,) = marketo.result("POST", f"{ASSETS}/staticLists.json", data=form)
    assert made == {
        "id": made["id"],
        "name": "Mine",
        "description": "of mine",
        "createdAt": "2026-11-22T10:00:00Z+0000",
        "updatedAt": "2026-11-22T10:00:00Z+0000",
        "folder": {"id": 13, "type": "Folder"},
        "computedUrl": f"https://app-sj01.marketo.com/#ST{made['id']}A1",
    }
    twice = ("709", "Static List with the same name already exists")
    assert marketo.refusal("POST", f"{ASSETS}/staticLists.json", data=form) == twice
    assert marketo.refusal("POST", f"{ASSETS}/staticList/{made['id']}.json", data={"name": "Webinar"}) == twice
    marketo.advance(60)
    (changed,) = marketo.result("POST", f"{ASSETS}/staticList/{made['id']}.json", data={"name": "Ours"})
    assert (changed["name"], changed["description"]) == ("Ours", "of mine")
    assert changed["updatedAt"] == "2026-11-22T10:01:00Z+0000"
    assert marketo.result("GET", f"{ASSETS}/staticList/byName.json", params={"name": "Ours"}) == [changed]
    assert marketo.result("POST", f"{ASSETS}/staticList/{made['id']}/delete.json") == [{"id": made["id"]}]
    assert marketo.refusal("GET", f"{ASSETS}/staticList/{made['id']}.json")[0] == "702"


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"folder": '{"id": 13, "type": "Folder"}'}, "701"),
        ({"name": "x", "folder": "thirteen"}, "711"),
        ({"name": "x", "folder": '{"id": 99, "type": "Folder"}'}, "711"),
    ],
)
def test_static_lists_that_cannot_be_made(marketo: SimulatedMarketo, form: dict[str, str], code: str) -> None:
    assert marketo.refusal("POST", f"{ASSETS}/staticLists.json", data=form)[0] == code


def test_assets_are_browsed_by_offset_folder_and_time(marketo: SimulatedMarketo) -> None:
    def names(**asked: Any) -> list[str]:
        answer = marketo.ask("GET", f"{ASSETS}/staticLists.json", params=asked).json()
        return [row["name"] for row in answer.get("result", ())]

    assert names(maxReturn=2, offset=1) == ["Webinar", "Newsletter"]
    assert names(offset=5) == []
    assert names(folder='{"id": 14, "type": "Folder"}') == ["Webinar", "Newsletter", "Trade show badge scans"]
    assert len(names(folder='{"id": 1, "type": "Folder"}')) == 5  # folders below count
    assert names(earliestUpdatedAt="2026-11-22T10:00:01Z") == []
    assert len(names(latestUpdatedAt="2026-11-22T10:00:00+0000")) == 5
    assert marketo.refusal("GET", f"{ASSETS}/staticLists.json", params={"earliestUpdatedAt": "soon"})[0] == "1001"


def test_twenty_assets_are_a_page_and_two_hundred_the_largest(marketo: SimulatedMarketo) -> None:
    for number in range(230):
        marketo.add_list(f"List {number}", [])
    path = f"{ASSETS}/staticLists.json"
    assert len(marketo.result("GET", path)) == 20
    assert len(marketo.result("GET", path, params={"maxReturn": 1000})) == 200


def test_smart_lists_are_found_cloned_and_deleted(marketo: SimulatedMarketo) -> None:
    listed = marketo.result("GET", f"{ASSETS}/smartLists.json")
    assert [row["name"] for row in listed] == [
        *("All people", "Same e-mail address", "Germany", "Without an address", "No filters")
    ]
    (germany,) = marketo.result("GET", f"{ASSETS}/smartList/byName.json", params={"name": "Germany"})
    assert "rules" not in germany
    (whole,) = marketo.result("GET", f"{ASSETS}/smartList/{germany['id']}.json", params={"includeRules": "True"})
    assert whole["rules"]["filters"][0]["conditions"][0]["values"] == ["Germany"]
    # As a public client sends it: in the query, and not JSON.
    asked = {"name": "Copy", "folder": "{'id': 15, 'type': Folder}"}
    (copy,) = marketo.result("POST", f"{ASSETS}/smartList/{germany['id']}/clone.json", params=asked)
    assert copy["folder"] == {"id": 15, "type": "Folder"}
    (again,) = marketo.result("GET", f"{ASSETS}/smartList/{copy['id']}.json", params={"includeRules": "true"})
    assert again["rules"] == whole["rules"]
    assert marketo.result("POST", f"{ASSETS}/smartList/{copy['id']}/delete.json") == [{"id": copy["id"]}]
    assert marketo.refusal("POST", f"{ASSETS}/smartList/{copy['id']}/delete.json")[0] == "702"
    assert marketo.refusal("POST", f"{ASSETS}/smartLists.json")[0] == "605"


def test_the_smart_list_of_a_program_comes_with_its_rules(marketo: SimulatedMarketo) -> None:
    (found,) = marketo.result("GET", f"{ASSETS}/program/1101/smartList.json")
    assert found["rules"]["filters"][0]["name"] == "Member of List"
    assert marketo.refusal("GET", f"{ASSETS}/smartCampaign/1201/smartList.json")[0] == "702"


def test_folders(marketo: SimulatedMarketo) -> None:
    (found,) = marketo.result("GET", f"{ASSETS}/folder/byName.json", params={"name": "Group Lists"})
    assert (found["id"], found["folderId"]) == (13, {"id": 13, "type": "Folder"})
    assert found["parent"] == {"id": 1, "type": "Folder"}
    assert marketo.result("GET", f"{ASSETS}/folder/13.json") == [found]
    roots = marketo.result("GET", f"{ASSETS}/folders.json", params={"maxDepth": 0})
    assert [row["name"] for row in roots] == ["Lead Database", "Marketing Activities"]
    assert roots[0]["createdAt"] == "2023-11-22T10:00:00Z+0000"  # before the first lead
    assert len(marketo.result("GET", f"{ASSETS}/folders.json", params={"maxDepth": 5})) == 6


def test_campaigns(marketo: SimulatedMarketo) -> None:
    found = marketo.result("POST", "/rest/v1/campaigns.json", params={"_method": "GET", "batchSize": 300})
    assert [row["id"] for row in found] == [1201, 1202, 1203, 1204, 1205]
    assert marketo.result("GET", "/rest/v1/campaigns/1201.json") == found[:1]
    asked = {"programName": "Trade Show"}
    assert [row["id"] for row in marketo.result("GET", "/rest/v1/campaigns.json", params=asked)] == [1203]
    assert marketo.refusal("GET", "/rest/v1/campaigns/9.json")[0] == "1013"
