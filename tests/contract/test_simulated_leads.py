"""Leads read, written, moved and deleted, as Marketo does it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.simulated_marketo import SimulatedMarketo, simulated_marketo

LEADS = "/rest/v1/leads.json"


@pytest.fixture
def marketo(tmp_path: Path) -> Iterator[SimulatedMarketo]:
    with simulated_marketo(tmp_path) as running:
        running.instance.store.cursor().execute("insert into partitions values (1, 'Default', ''), (2, 'EMEA', '')")
        yield running


def sync(marketo: SimulatedMarketo, *rows: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    return marketo.result("POST", LEADS, json={"input": list(rows), **more})


def skipped(results: list[dict[str, Any]]) -> list[str | None]:
    """Codes by record; None where it was not skipped."""
    return [one["reasons"][0]["code"] if one["status"] == "skipped" else None for one in results]


def one(marketo: SimulatedMarketo, lead: int, *fields: str) -> dict[str, Any]:
    (found,) = marketo.result("GET", f"/rest/v1/lead/{lead}.json", params={"fields": ",".join(fields)})
    return found


def test_a_lead_has_the_default_fields_where_none_are_asked_for(marketo: SimulatedMarketo) -> None:
    (lead,) = marketo.add_leads({"email": "ada@example.com", "firstName": "Ada"})
    assert marketo.result("GET", f"/rest/v1/lead/{lead}.json") == [
        {
            "id": lead,
            "email": "ada@example.com",
            "updatedAt": "2026-11-22T10:00:00Z",
            "createdAt": "2026-11-22T10:00:00Z",
            "lastName": None,
            "firstName": "Ada",
        }
    ]
    assert one(marketo, lead, "company", "COMPANY") == {"id": lead, "company": None}
    assert marketo.result("GET", "/rest/v1/lead/999.json") == []


def test_leads_are_found_by_values_whatever_their_case(marketo: SimulatedMarketo) -> None:
    first, second = marketo.add_leads({"email": "Ada@Example.com"}, {"email": "ada@example.com"})
    asked = {"filterType": "email", "filterValues": "ADA@EXAMPLE.COM,nobody@example.com", "fields": "id"}
    assert marketo.result("GET", LEADS, params=asked) == [{"id": first}, {"id": second}]
    by_id = {"filterType": "id", "filterValues": f"{second},{first},x", "fields": "id"}
    assert marketo.result("GET", LEADS, params=by_id) == [{"id": first}, {"id": second}]


def test_pages_end_with_a_token_until_there_is_no_more(marketo: SimulatedMarketo) -> None:
    leads = marketo.add_leads(*({"email": "same@example.com"} for _ in range(7)))
    asked: dict[str, Any] = {"filterType": "email", "filterValues": "same@example.com", "batchSize": 3}
    sizes, seen = [], []
    while True:
        page = marketo.ask("GET", LEADS, params=asked).json()
        sizes.append(len(page["result"]))
        seen += [row["id"] for row in page["result"]]
        if "nextPageToken" not in page:
            break
        asked["nextPageToken"] = page["nextPageToken"]
    assert (sizes, seen) == ([3, 3, 1], leads)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"filterType": "company", "filterValues": "x"}, "1011"),
        ({"filterType": "nothing", "filterValues": "x"}, "1011"),
        ({"filterType": "email"}, "1002"),
        ({"filterValues": "x"}, "1002"),
        ({"filterType": "email", "filterValues": ",".join(map(str, range(301)))}, "1003"),
        ({"filterType": "email", "filterValues": "x", "fields": "id,nothing"}, "1006"),
        ({"filterType": "email", "filterValues": "x", "nextPageToken": "?"}, "1003"),
        ({"filterType": "email", "filterValues": "x", "batchSize": "0"}, "1003"),
    ],
)
def test_questions_that_are_refused(marketo: SimulatedMarketo, asked: dict[str, str], code: str) -> None:
    assert marketo.refusal("GET", LEADS, params=asked)[0] == code


def test_more_than_a_thousand_hits_are_too_many(marketo: SimulatedMarketo) -> None:
    marketo.add_leads(*({"email": "same@example.com"} for _ in range(1001)))
    asked = {"filterType": "email", "filterValues": "same@example.com"}
    assert marketo.refusal("GET", LEADS, params=asked) == ("1003", "Too many results match the filter")


def test_records_are_answered_in_their_order(marketo: SimulatedMarketo) -> None:
    (known,) = marketo.add_leads({"email": "known@example.com"})
    results = sync(
        marketo,
        {"email": "new@example.com"},
        {"email": "ü@example.com"},
        {"email": "KNOWN@example.com", "title": "CEO"},
    )
    assert [row["status"] for row in results] == ["created", "skipped", "updated"]
    assert results[2]["id"] == known
    assert skipped(results) == [None, "1003", None]
    assert one(marketo, known, "title", "email") == {"id": known, "title": "CEO", "email": "KNOWN@example.com"}


@pytest.mark.parametrize(
    ("action", "known", "unknown"),
    [
        ("createOrUpdate", "updated", "created"),
        ("createOnly", "1005", "created"),
        ("updateOnly", "updated", "1004"),
        ("createDuplicate", "created", "created"),
    ],
)
def test_actions(marketo: SimulatedMarketo, action: str, known: str, unknown: str) -> None:
    marketo.add_leads({"email": "known@example.com"})
    results = sync(marketo, {"email": "known@example.com"}, {"email": "unknown@example.com"}, action=action)
    said = [code or row["status"] for code, row in zip(skipped(results), results, strict=True)]
    assert said == [known, unknown]


def test_records_that_are_refused_by_themselves(marketo: SimulatedMarketo) -> None:
    (known,) = marketo.add_leads({"email": "known@example.com"})
    marketo.add_leads({"email": "two@example.com"}, {"email": "two@example.com"})
    rows: list[tuple[dict[str, Any], str]] = [
        ({"email": "a@example.com", "nothing": 1}, "1006"),
        ({"email": "a@example.com", "leadScore": "many"}, "1001"),
        ({"email": "a@example.com", "createdAt": "2026-01-01T00:00:00Z"}, "1003"),
        ({"email": "a@example.com", "sfdcType": "Lead"}, "1018"),
        ({"email": "a@example.com", "annualRevenue": 5}, "1021"),
        ({"email": "a@example.com", "id": known}, "1003"),
        ({"email": "a@example.com", "notes": "x" * 65_536}, "1049"),
        ({"firstName": "Nobody"}, "1002"),
        ({"email": "two@example.com"}, "1007"),
        ({"email": "known@example.com"}, ""),
        ({"email": "Known@example.com"}, "1036"),
    ]
    codes = skipped(sync(marketo, *(row for row, _ in rows)))
    assert codes == [code or None for _, code in rows]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "1002"),
        ({"input": []}, "1002"),
        ({"input": [{}] * 301}, "1003"),
        ({"input": ["x"]}, "609"),
        ({"input": [{}], "action": "upsert"}, "1003"),
        ({"input": [{}], "lookupField": "company"}, "1011"),
        ({"input": [{}], "lookupField": "id"}, "1003"),
        ({"input": [{}], "partitionName": "Nowhere"}, "1003"),
        ({"input": [{}], "partitionName": "EMEA", "action": "updateOnly"}, "1003"),
    ],
)
def test_calls_that_are_refused_whole(marketo: SimulatedMarketo, body: dict[str, Any], code: str) -> None:
    assert marketo.refusal("POST", LEADS, json=body)[0] == code


def test_by_id_leads_are_only_updated_and_null_and_the_empty_text_clear(marketo: SimulatedMarketo) -> None:
    (lead,) = marketo.add_leads({"email": "ada@example.com", "firstName": "Ada", "lastName": "Byron", "leadScore": 5})
    results = sync(
        marketo,
        {"id": lead, "firstName": None, "lastName": "", "leadScore": 7},
        {"id": 999_999, "firstName": "x"},
        action="updateOnly",
        lookupField="id",
    )
    assert results[0] == {"id": lead, "status": "updated"}
    assert results[1] == {"status": "skipped", "reasons": [{"code": "1004", "message": "Lead not found"}]}
    kept = one(marketo, lead, "firstName", "lastName", "leadScore", "email")
    assert kept == {"id": lead, "firstName": None, "lastName": None, "leadScore": 7, "email": "ada@example.com"}


def test_only_a_change_changes_the_time_of_change(marketo: SimulatedMarketo) -> None:
    same, other = marketo.add_leads({"email": "a@example.com", "title": "CEO"}, {"email": "b@example.com"})
    marketo.advance(60)
    sync(marketo, {"email": "a@example.com", "title": "CEO"}, {"email": "b@example.com", "title": "CEO"})
    assert one(marketo, same, "updatedAt")["updatedAt"] == "2026-11-22T10:00:00Z"
    assert one(marketo, other, "updatedAt")["updatedAt"] == "2026-11-22T10:01:00Z"


def test_changes_leave_activities(marketo: SimulatedMarketo) -> None:
    (lead,) = marketo.add_leads({"email": "a@example.com", "leadScore": 3})
    sync(marketo, {"email": "a@example.com", "title": "CEO", "leadScore": 5})
    logged = marketo.instance.store.rows("select type, asset_name, attributes from activities where lead = ?", [lead])
    assert {(row["type"], row["asset_name"]) for row in logged} == {(12, None), (13, "Job Title"), (22, "Lead Score")}
    (score,) = [row["attributes"] for row in logged if row["type"] == 22]
    assert score == '{"Old Value":3,"New Value":5,"Change Value":2}'


def test_an_unsubscription_spreads_over_the_address_and_outlives_a_new_lead(marketo: SimulatedMarketo) -> None:
    first, second, other = marketo.add_leads(
        {"email": "Same@example.com"}, {"email": "same@example.com"}, {"email": "other@example.com"}
    )
    sync(marketo, {"id": first, "unsubscribed": True}, action="updateOnly", lookupField="id")
    (third,) = sync(marketo, {"email": "SAME@example.com"}, action="createDuplicate")
    flags = {lead: one(marketo, lead, "unsubscribed")["unsubscribed"] for lead in (first, second, other, third["id"])}
    assert flags == {first: True, second: True, other: False, third["id"]: True}


def test_other_flags_stay_where_they_are(marketo: SimulatedMarketo) -> None:
    first, second = marketo.add_leads({"email": "same@example.com"}, {"email": "same@example.com"})
    sync(marketo, {"id": first, "emailInvalid": True, "blackListed": "true"}, action="updateOnly", lookupField="id")
    assert one(marketo, second, "emailInvalid", "blackListed") == {
        "id": second,
        "emailInvalid": None,
        "blackListed": None,
    }


def test_texts_come_back_as_they_were_sent(marketo: SimulatedMarketo) -> None:
    texts = ["\"quoted\" 'and'", "line\nbreak\r\n", "nul\x00", "\u2028", "null", "=1+1", "👩‍💻", "\\", "  blanks  "]
    results = sync(marketo, *({"email": f"a{n}@example.com", "lastName": text} for n, text in enumerate(texts)))
    assert [one(marketo, row["id"], "lastName")["lastName"] for row in results] == texts


def test_leads_are_deleted_by_either_call_and_either_way_of_naming_them(marketo: SimulatedMarketo) -> None:
    a, b, c, d = marketo.add_leads(*({"email": f"a{n}@example.com"} for n in range(4)))
    assert marketo.result("POST", "/rest/v1/leads/delete.json", json={"input": [{"id": a}]})[0]["status"] == "deleted"
    assert marketo.result("DELETE", LEADS, json={"input": [{"id": str(b)}]}) == [{"id": b, "status": "deleted"}]
    assert marketo.result("DELETE", LEADS, params={"id": [c, d]}) == [
        {"id": c, "status": "deleted"},
        {"id": d, "status": "deleted"},
    ]
    again = marketo.result("POST", "/rest/v1/leads/delete.json", params={"id": f"{a},{b}"}, json=None)
    assert skipped(again) == ["1004", "1004"]
    assert marketo.instance.store.value("select count(*) from leads") == 0
    assert marketo.instance.store.value("select count(*) from deleted_leads") == 4


def test_leads_move_between_partitions(marketo: SimulatedMarketo) -> None:
    (lead,) = marketo.add_leads({"email": "a@example.com"})
    rows = [
        {"id": lead, "partitionName": "EMEA"},
        {"id": 99, "partitionName": "EMEA"},
        {"id": lead, "partitionName": "?"},
    ]
    results = marketo.result("POST", "/rest/v1/leads/partitions.json", json={"input": rows})
    assert skipped(results) == [None, "1004", "1008"]
    assert one(marketo, lead, "leadPartitionId")["leadPartitionId"] == 2
    assert [row["name"] for row in marketo.result("GET", "/rest/v1/leads/partitions.json")] == ["Default", "EMEA"]
    (made,) = sync(marketo, {"email": "b@example.com"}, partitionName="EMEA")
    assert one(marketo, made["id"], "leadPartitionId")["leadPartitionId"] == 2
