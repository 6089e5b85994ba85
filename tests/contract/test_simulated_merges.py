"""Merging, as Marketo does it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.contract.simulated_marketo import SimulatedMarketo, simulated_marketo

CONTACT = {"sfdcType": "Contact", "sfdcContactId": "0035g0000000000001"}
CRM_LEAD = {"sfdcType": "Lead", "sfdcLeadId": "00Q5g0000000000001"}


@pytest.fixture
def marketo(tmp_path: Path) -> Iterator[SimulatedMarketo]:
    with simulated_marketo(tmp_path) as running:
        yield running


def merge(marketo: SimulatedMarketo, winner: int, losers: Sequence[int], **more: Any) -> requests.Response:
    params = {"leadIds": ",".join(map(str, losers)), **more}
    return marketo.ask("POST", f"/rest/v1/leads/{winner}/merge.json", params=params)


def code(answer: requests.Response) -> str:
    body = answer.json()
    return "" if body["success"] else str(body["errors"][0]["code"])


def row(marketo: SimulatedMarketo, lead: int) -> dict[str, Any] | None:
    return marketo.instance.store.row("select * from leads where id = ?", [lead])


def kept(marketo: SimulatedMarketo, lead: int) -> dict[str, Any]:
    found = row(marketo, lead)
    assert found is not None
    return found


def test_losers_vanish_and_fill_what_the_winner_lacks_in_their_order(marketo: SimulatedMarketo) -> None:
    winner, first, second = marketo.add_leads(
        {"email": "a@example.com", "firstName": "Ada", "leadScore": 3, "lastName": ""},
        {"email": "b@example.com", "firstName": "Other", "lastName": "Byron", "leadScore": 4},
        {"email": "c@example.com", "lastName": "King", "company": "Acme"},
    )
    answer = merge(marketo, winner, [first, second])
    assert sorted(answer.json()) == ["requestId", "success"]
    survivor = kept(marketo, winner)
    assert (survivor["email"], survivor["firstName"]) == ("a@example.com", "Ada")
    assert (survivor["lastName"], survivor["company"], survivor["leadScore"]) == ("Byron", "Acme", 3)
    assert (row(marketo, first), row(marketo, second)) == (None, None)
    assert marketo.result("GET", f"/rest/v1/lead/{first}.json") == []


@pytest.mark.parametrize(
    ("path", "other", "survivor"),
    [({}, CONTACT, 1), (CRM_LEAD, CONTACT, 1), ({}, CRM_LEAD, 1), (CONTACT, CRM_LEAD, 0), (CONTACT, CONTACT, 0)],
)
def test_the_record_of_the_crm_survives_whatever_the_path_says(
    marketo: SimulatedMarketo, path: dict[str, str], other: dict[str, str], survivor: int
) -> None:
    leads = marketo.add_leads({"email": "a@example.com", **path}, {"email": "b@example.com", **other})
    assert code(merge(marketo, leads[0], [leads[1]])) == ""
    assert row(marketo, leads[1 - survivor]) is None
    assert kept(marketo, leads[survivor])["email"] == ("a@example.com", "b@example.com")[survivor]


def test_rank_can_be_switched_off(marketo: SimulatedMarketo) -> None:
    marketo.instance.switches.crm_rank = False
    first, second = marketo.add_leads({"email": "a@example.com"}, {"email": "b@example.com", **CONTACT})
    merge(marketo, first, [second])
    assert kept(marketo, first)["sfdcContactId"] == CONTACT["sfdcContactId"]


def test_memberships_move_once_and_a_merge_leaves_an_activity(marketo: SimulatedMarketo) -> None:
    a, b, c, d = marketo.add_leads(*({"email": f"{n}@example.com", "firstName": "Ada"} for n in "abcd"))
    shared, only_theirs = marketo.add_list("Shared", [a, b]), marketo.add_list("Theirs", [b, c, d])
    marketo.advance(60)
    merge(marketo, a, [b, c])
    members = marketo.instance.store.rows("select list, lead from static_list_members order by all")
    assert [tuple(one.values()) for one in members] == [(shared, a), (only_theirs, a), (only_theirs, d)]
    (logged,) = marketo.instance.store.rows("select * from activities where type = 32")
    assert (logged["lead"], logged["asset"], logged["asset_name"]) == (a, a, "Ada")
    assert f'"Merge IDs":"[{b}, {c}]"' in logged["attributes"]
    assert marketo.instance.store.value("select count(*) from activities where lead = ? and type = 12", [b]) == 1


def test_an_unsubscription_of_the_address_is_never_lost(marketo: SimulatedMarketo) -> None:
    a, b, c = marketo.add_leads({"email": "a@example.com"}, {"email": "b@example.com"}, {"email": "b@example.com"})
    marketo.instance.store.cursor().execute("update leads set unsubscribed = true where id in (?, ?)", [b, c])
    merge(marketo, a, [b])
    assert kept(marketo, a)["unsubscribed"] is False  # another address: only the lead's own is durable
    marketo.instance.store.cursor().execute("update leads set email = 'A@example.com' where id = ?", [c])
    merge(marketo, a, [c])
    assert kept(marketo, a)["unsubscribed"] is True


def test_what_is_refused_changes_nothing(marketo: SimulatedMarketo) -> None:
    first, second, person = marketo.add_leads(
        {"email": "a@example.com"}, {"email": "b@example.com"}, {"email": "c@example.com", "sfdcType": "Person Account"}
    )
    before = marketo.instance.store.rows("select * from leads order by id")
    assert code(merge(marketo, first, [99_999])) == "1004"
    assert code(merge(marketo, 99_999, [first])) == "1004"
    assert code(merge(marketo, first, [second, 99_999])) == "1004"
    assert code(merge(marketo, first, [first])) == "1003"
    assert code(merge(marketo, first, [person])) == "712"
    assert code(merge(marketo, first, range(2, 28))) == "1080"
    assert code(merge(marketo, first, [])) == "1003"
    assert code(merge(marketo, first, [second], mergeInCRM="perhaps")) == "1003"
    assert marketo.instance.store.rows("select * from leads order by id") == before


def test_twenty_five_are_not_too_many(marketo: SimulatedMarketo) -> None:
    winner, *losers = marketo.add_leads(*({"email": f"a{n}@example.com"} for n in range(26)))
    assert code(merge(marketo, winner, losers)) == ""
    assert marketo.instance.store.value("select count(*) from leads") == 1


def test_parameters_are_of_the_query_alone_and_flags_are_of_any_case(marketo: SimulatedMarketo) -> None:
    first, second, third = marketo.add_leads(*({"email": f"a{n}@example.com"} for n in range(3)))
    path = f"/rest/v1/leads/{first}/merge.json"
    assert marketo.refusal("POST", path, data={"leadIds": str(second)})[0] == "1003"
    assert marketo.ask("POST", f"{path}?leadId={second}&mergeInCRM=False").json()["success"]
    assert marketo.ask("POST", f"{path}?leadIds={third}&mergeInCRM=True").json()["success"]


def test_merging_in_the_crm_takes_two_records_and_a_sync(marketo: SimulatedMarketo) -> None:
    a, b, c = marketo.add_leads(*({"email": f"a{n}@example.com", **CRM_LEAD} for n in range(3)))
    assert code(merge(marketo, a, [b, c], mergeInCRM="true")) == "1003"
    assert code(merge(marketo, a, [b], mergeInCRM="true")) == ""
    marketo.instance.switches.crm_sync = False
    assert code(merge(marketo, a, [c], mergeInCRM="true")) == "1003"
    assert code(merge(marketo, a, [c])) == ""


@pytest.mark.parametrize("failure", ["604", "611", "712", "1076", "1077", "1078", "1079"])
def test_failures_on_order_change_nothing_or_come_after_the_work(marketo: SimulatedMarketo, failure: str) -> None:
    first, second = marketo.add_leads({"email": "a@example.com"}, {"email": "b@example.com"})
    path = "/rest/v1/leads/*/merge.json"
    marketo.instance.faults.add({"path": path, "code": failure})
    assert code(merge(marketo, first, [second])) == failure
    assert row(marketo, second) is not None
    marketo.instance.faults.add({"path": path, "code": failure, "after": True})
    assert code(merge(marketo, first, [second])) == failure
    assert row(marketo, second) is None


@pytest.mark.parametrize("fault", [{"cut_at": 0}, {"cut_at": 20}, {"hang_up": True, "after": True}])
def test_a_merge_may_happen_although_the_line_is_cut(marketo: SimulatedMarketo, fault: dict[str, Any]) -> None:
    first, second = marketo.add_leads({"email": "a@example.com"}, {"email": "b@example.com"})
    marketo.instance.faults.add({"path": "/rest/v1/leads/*/merge.json", **fault})
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        merge(marketo, first, [second])
    assert row(marketo, second) is None


def test_a_line_that_is_cut_before_the_work_leaves_it_undone(marketo: SimulatedMarketo) -> None:
    first, second = marketo.add_leads({"email": "a@example.com"}, {"email": "b@example.com"})
    marketo.instance.faults.add({"path": "/rest/v1/leads/*/merge.json", "hang_up": True})
    with pytest.raises(requests.ConnectionError):
        merge(marketo, first, [second])
    assert row(marketo, second) is not None
