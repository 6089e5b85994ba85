"""Bulk import of the simulator against the reference of Marketo's API."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.simulated_marketo import SimulatedMarketo, simulated_marketo

IMPORT = "/bulk/v1/leads.json"


@pytest.fixture
def marketo(tmp_path: Path) -> Iterator[SimulatedMarketo]:
    with simulated_marketo(tmp_path) as running:
        yield running


def files(text: str | bytes) -> dict[str, Any]:
    return {"files": {"file": ("leads.csv", text, "text/csv")}}


def imported(marketo: SimulatedMarketo, text: str | bytes, **query: Any) -> int:
    (batch,) = marketo.result("POST", IMPORT, params={"format": "csv"} | query, **files(text))
    assert batch == {"batchId": batch["batchId"], "importId": str(batch["batchId"]), "status": "Queued"}
    return int(batch["batchId"])


def status(marketo: SimulatedMarketo, batch: int) -> dict[str, Any]:
    (found,) = marketo.result("GET", f"/bulk/v1/leads/batch/{batch}.json")
    return found


def finished(marketo: SimulatedMarketo, text: str | bytes, **query: Any) -> dict[str, Any]:
    batch = imported(marketo, text, **query)
    marketo.advance(120)
    return status(marketo, batch)


def lead(marketo: SimulatedMarketo, number: int, *fields: str) -> dict[str, Any]:
    names = ",".join(fields or ("email", "firstName", "company", "leadScore", "updatedAt"))
    (found,) = marketo.result("GET", f"/rest/v1/lead/{number}.json", params={"fields": names})
    return found


def refused_rows(marketo: SimulatedMarketo, batch: int, kind: str = "failures") -> list[dict[str, str]]:
    text = marketo.ask("GET", f"/bulk/v1/leads/batch/{batch}/{kind}.json").content.decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_batch_goes_from_queued_to_complete(marketo: SimulatedMarketo) -> None:
    batch = imported(marketo, "email,firstName\na@example.com,Ada\n")
    seen = []
    for _ in range(10):
        seen.append(status(marketo, batch)["status"])
        marketo.advance(3)
    assert list(dict.fromkeys(seen)) == ["Queued", "Importing", "Complete"]
    assert status(marketo, batch) == {
        "batchId": batch,
        "importId": str(batch),
        "status": "Complete",
        "numOfLeadsProcessed": 1,
        "numOfRowsFailed": 0,
        "numOfRowsWithWarning": 0,
        "message": "Import succeeded, 1 records imported",
    }


def test_by_address_leads_are_changed_or_made(marketo: SimulatedMarketo) -> None:
    (known,) = marketo.add_leads({"email": "Ada@Example.com", "company": "Old"})
    told = finished(marketo, "email,company\nada@example.com,New\nbo@example.com,Other\n")
    assert told["numOfLeadsProcessed"] == 2
    assert lead(marketo, known)["company"] == "New"
    found = marketo.result(
        "GET", "/rest/v1/leads.json", params={"filterType": "email", "filterValues": "bo@example.com"}
    )
    assert lead(marketo, found[0]["id"])["company"] == "Other"


def test_of_several_with_one_address_the_last_changed_is_meant(marketo: SimulatedMarketo) -> None:
    first, second = marketo.add_leads({"email": "a@example.com"}, {"email": "a@example.com"})
    marketo.advance(5)
    marketo.result(
        "POST",
        "/rest/v1/leads.json",
        json={"action": "updateOnly", "lookupField": "id", "input": [{"id": first, "city": "Rome"}]},
    )
    finished(marketo, "email,company\na@example.com,New\n")
    assert [lead(marketo, one)["company"] for one in (first, second)] == ["New", None]


def test_by_id_leads_are_changed_and_none_is_made(marketo: SimulatedMarketo) -> None:
    (known,) = marketo.add_leads({"email": "a@example.com"})
    before = marketo.instance.store.value("select count(*) from leads")
    told = finished(marketo, f"id,company\n{known},New\n999999,Other\nx,Other\n", lookupField="id")
    assert (told["numOfLeadsProcessed"], told["numOfRowsFailed"]) == (1, 2)
    assert told["message"] == "Import completed with errors, 1 records imported, 2 failed"
    assert marketo.instance.store.value("select count(*) from leads") == before
    assert lead(marketo, known)["company"] == "New"
    assert refused_rows(marketo, told["batchId"]) == [
        {"id": "999999", "company": "Other", "Import Failure Reason": "Value for lookup field 'id' not found"},
        {"id": "x", "company": "Other", "Import Failure Reason": "Value for lookup field 'id' not found"},
    ]


def test_custom_text_fields_can_be_looked_up(marketo: SimulatedMarketo) -> None:
    body = {"input": [{"displayName": "Hash", "name": "emailSha256", "dataType": "string"}]}
    marketo.result("POST", "/rest/v1/leads/schema/fields.json", json=body)
    one, two, three = marketo.add_leads({"emailSha256": "aa"}, {"emailSha256": "bb"}, {"emailSha256": "bb"})
    told = finished(marketo, "emailSha256,company\naa,New\nbb,New\n", lookupField="emailSha256")
    assert [lead(marketo, number)["company"] for number in (one, two, three)] == ["New", None, None]
    assert told["numOfRowsFailed"] == 1
    assert "Multiple" in refused_rows(marketo, told["batchId"])[0]["Import Failure Reason"]


def test_only_what_differs_is_a_change(marketo: SimulatedMarketo) -> None:
    same, other = marketo.add_leads({"company": "Same"}, {"company": "Old"})
    marketo.advance(60)
    finished(marketo, f"id,company\n{same},Same\n{other},New\n", lookupField="id")
    assert lead(marketo, same)["updatedAt"] == "2026-11-22T10:00:00Z"
    assert lead(marketo, other)["updatedAt"] > "2026-11-22T10:01:00Z"


def test_null_clears_and_a_blank_says_nothing(marketo: SimulatedMarketo) -> None:
    (known,) = marketo.add_leads({"company": "Acme", "firstName": "Ada"})
    finished(marketo, f"id,company,firstName\n{known},null,\n", lookupField="id")
    assert (lead(marketo, known)["company"], lead(marketo, known)["firstName"]) == (None, "Ada")
    marketo.instance.switches.import_blank_clears = True
    finished(marketo, f"id,company,firstName\n{known},Acme,\n", lookupField="id")
    assert (lead(marketo, known)["company"], lead(marketo, known)["firstName"]) == ("Acme", None)


def test_rows_for_one_lead_work_one_after_the_other(marketo: SimulatedMarketo) -> None:
    finished(marketo, "email,company,city\na@example.com,One,Rome\nA@example.com,Two,\n")
    (found,) = marketo.result(
        "GET", "/rest/v1/leads.json", params={"filterType": "email", "filterValues": "a@example.com"}
    )
    assert lead(marketo, found["id"], "company", "city").items() >= {"company": "Two", "city": "Rome"}.items()


def test_rows_that_do_not_fit_fail_alone(marketo: SimulatedMarketo) -> None:
    (known,) = marketo.add_leads({"company": "Old", "leadScore": 1})
    rows = ["id,leadScore,company", f"{known},5,New", "1,many,X", "1,1", ",1,X", f"{known},1,{'x' * 256}"]
    told = finished(marketo, "\n".join(rows), lookupField="id")
    assert (told["numOfLeadsProcessed"], told["numOfRowsFailed"]) == (1, 4)
    assert lead(marketo, known)["leadScore"] == 5
    reasons = [row["Import Failure Reason"] for row in refused_rows(marketo, told["batchId"]) if row["company"]]
    assert any("many" in reason for reason in reasons)


def test_what_cannot_be_updated_is_a_warning(marketo: SimulatedMarketo) -> None:
    (known,) = marketo.add_leads({"company": "Old"})
    told = finished(marketo, f"id,company,createdAt\n{known},New,2020-01-01T00:00:00Z\n", lookupField="id")
    assert (told["numOfLeadsProcessed"], told["numOfRowsWithWarning"]) == (1, 1)
    (warned,) = refused_rows(marketo, told["batchId"], "warnings")
    assert "createdAt" in warned["Import Warning Reason"]
    assert lead(marketo, known, "company", "createdAt")["createdAt"] == "2026-11-22T10:00:00Z"


def test_addresses_are_ascii(marketo: SimulatedMarketo) -> None:
    told = finished(marketo, "email,company\nbjörn@example.com,X\n")
    assert told["numOfRowsFailed"] == 1


def test_everybody_is_put_on_the_list(marketo: SimulatedMarketo) -> None:
    (known,) = marketo.add_leads({"email": "a@example.com"})
    wanted = marketo.add_list("Webinar", [known])
    told = finished(marketo, "email,company\na@example.com,A\nb@example.com,B\n", listId=wanted)
    assert told["message"] == "Import succeeded, 2 records imported (2 members)"
    assert len(marketo.result("GET", f"/rest/v1/lists/{wanted}/leads.json")) == 2


def test_an_unsubscription_spreads(marketo: SimulatedMarketo) -> None:
    one, two = marketo.add_leads({"email": "a@example.com"}, {"email": "A@example.com"})
    finished(marketo, f"id,unsubscribed\n{one},true\n", lookupField="id")
    assert lead(marketo, two, "unsubscribed")["unsubscribed"] is True


@pytest.mark.parametrize(("format", "delimiter"), [("csv", ","), ("tsv", "\t"), ("ssv", ";")])
def test_formats(marketo: SimulatedMarketo, format: str, delimiter: str) -> None:
    (known,) = marketo.add_leads({"company": "Old"})
    text = f'id{delimiter}company\n{known}{delimiter}"a{delimiter}""b""\nc"\n999{delimiter}x\n'
    told = finished(marketo, text, lookupField="id", format=format)
    assert lead(marketo, known)["company"] == f'a{delimiter}"b"\nc'
    failures = marketo.ask("GET", f"/bulk/v1/leads/batch/{told['batchId']}/failures.json").text
    assert failures.splitlines()[0] == f"id{delimiter}company{delimiter}Import Failure Reason"


@pytest.mark.parametrize("text", ["", "email,firstName\n", "\n\n"])
def test_an_empty_file_is_refused(marketo: SimulatedMarketo, text: str) -> None:
    assert marketo.refusal("POST", IMPORT, params={"format": "csv"}, **files(text)) == ("1003", "Empty File")


def test_unknown_columns_fail_the_batch(marketo: SimulatedMarketo) -> None:
    told = finished(marketo, "email,colour\na@example.com,red\n")
    assert (told["status"], told["message"]) == ("Failed", "Invalid fields [colour]")


def test_what_is_wrong_with_a_request_is_said(marketo: SimulatedMarketo) -> None:
    text = "email\na@example.com\n"
    assert marketo.refusal("POST", IMPORT, params={"format": "xls"}, **files(text))[0] == "1003"
    assert (
        marketo.refusal("POST", IMPORT, params={"format": "csv", "lookupField": "company"}, **files(text))[0] == "1003"
    )
    assert marketo.refusal("POST", IMPORT, params={"format": "csv", "listId": "999999"}, **files(text))[0] == "1013"
    assert marketo.refusal("POST", IMPORT, params={"format": "csv"}, data=text)[0] == "612"
    assert marketo.refusal("POST", IMPORT, params={"format": "csv"}, files={"sheet": ("a.csv", text)})[0] == "1002"
    assert marketo.refusal("GET", "/bulk/v1/leads/batch/4711.json")[0] == "1013"


def test_parameters_may_stand_beside_the_file(marketo: SimulatedMarketo) -> None:
    (known,) = marketo.add_leads({"company": "Old"})
    parts = {"format": (None, "csv"), "lookupField": (None, "id"), "file": ("a.csv", f"id,company\n{known},New\n")}
    marketo.result("POST", IMPORT, files=parts)
    marketo.advance(120)
    assert status(marketo, 1001)["status"] == "Complete"
    assert lead(marketo, known)["company"] == "New"


def test_ten_million_bytes_are_the_most(marketo: SimulatedMarketo) -> None:
    header = b"email,company\na@example.com,"
    fits = header + b"x" * (10_000_000 - len(header))
    imported(marketo, fits)
    answer = marketo.ask("POST", IMPORT, params={"format": "csv"}, **files(fits + b"x"))
    assert answer.status_code == 413
    answer = marketo.ask("POST", IMPORT, params={"format": "csv"}, **files(fits + b"x" * 2_000_000))
    assert answer.status_code == 413


def test_ten_wait_and_the_eleventh_is_refused(marketo: SimulatedMarketo) -> None:
    batches = [imported(marketo, f"email\na{number}@example.com\n") for number in range(10)]
    text = files("email\nb@example.com\n")
    assert marketo.refusal("POST", IMPORT, params={"format": "csv"}, **text) == ("1016", "Too many imports")
    marketo.advance(10)
    assert [status(marketo, batch)["status"] for batch in batches] == ["Importing"] * 2 + ["Queued"] * 8
    marketo.advance(60)
    marketo.result("POST", IMPORT, params={"format": "csv"}, **text)


def test_one_import_at_a_time_for_a_list(marketo: SimulatedMarketo) -> None:
    wanted = marketo.add_list("Webinar", [])
    imported(marketo, "email\na@example.com\n", listId=wanted)
    again = {"params": {"format": "csv", "listId": wanted}, **files("email\nb@example.com\n")}
    assert marketo.refusal("POST", IMPORT, **again) == ("1019", "Import in progress")
    marketo.advance(60)
    marketo.result("POST", IMPORT, **again)


def test_a_batch_is_known_for_seven_days(marketo: SimulatedMarketo) -> None:
    told = finished(marketo, "email\na@example.com\n")
    marketo.advance(7 * 86_400 - 200)
    assert status(marketo, told["batchId"])["status"] == "Complete"
    marketo.advance(400)
    assert marketo.refusal("GET", f"/bulk/v1/leads/batch/{told['batchId']}.json")[0] == "1013"


def test_a_batch_can_fail_and_hang(marketo: SimulatedMarketo) -> None:
    told = {}
    for effect in ("job_fails", "stuck_processing"):
        marketo.instance.faults.add({"path": IMPORT, "effect": effect, "message": "Broken"})
        told[effect] = imported(marketo, "email\na@example.com\n")
    marketo.advance(3600)
    assert status(marketo, told["job_fails"]).items() >= {"status": "Failed", "message": "Broken"}.items()
    assert status(marketo, told["stuck_processing"])["status"] == "Importing"
