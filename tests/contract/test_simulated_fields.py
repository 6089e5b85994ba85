"""Fields of leads: described, and created by API."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.simulated_marketo import SimulatedMarketo, simulated_marketo

FIELDS = "/rest/v1/leads/schema/fields.json"
HASH = {"displayName": "Email SHA256", "name": "emailSha256", "dataType": "string"}


@pytest.fixture
def marketo(tmp_path: Path) -> Iterator[SimulatedMarketo]:
    with simulated_marketo(tmp_path) as running:
        yield running


def create(marketo: SimulatedMarketo, *fields: dict[str, Any]) -> list[dict[str, Any]]:
    return marketo.result("POST", FIELDS, json={"input": list(fields)})


def test_describe_has_fields_that_only_soap_knows(marketo: SimulatedMarketo) -> None:
    fields = marketo.result("GET", "/rest/v1/leads/describe.json")
    by_name = {field["rest"]["name"]: field for field in fields if "rest" in field}
    assert by_name["company"] == {
        "id": by_name["company"]["id"],
        "displayName": "Company Name",
        "dataType": "string",
        "length": 255,
        "rest": {"name": "company", "readOnly": False},
        "soap": {"name": "Company", "readOnly": False},
    }
    assert by_name["createdAt"]["rest"]["readOnly"] is True
    assert [field["displayName"] for field in fields if "rest" not in field] == ["Marketo Social Profile"]


def test_describe2_tells_what_can_be_searched_and_updated(marketo: SimulatedMarketo) -> None:
    (found,) = marketo.result("GET", "/rest/v1/leads/describe2.json")
    assert found["name"] == "API Lead"
    assert found["searchableFields"][:2] == [["id"], ["email"]]
    fields = {field["name"]: field for field in found["fields"]}
    assert fields["email"] == {
        "name": "email",
        "displayName": "Email Address",
        "dataType": "email",
        "length": 255,
        "updateable": True,
        "crmManaged": False,
    }
    assert (fields["sfdcLeadId"]["updateable"], fields["sfdcLeadId"]["crmManaged"]) == (False, True)


def test_a_field_that_is_created_can_be_written_read_and_searched(marketo: SimulatedMarketo) -> None:
    assert create(marketo, HASH) == [{"name": "emailSha256", "status": "created"}]
    row = {"email": "a@example.com", "emailSha256": "ab" * 32}
    (made,) = marketo.result("POST", "/rest/v1/leads.json", json={"input": [row]})
    asked = {"filterType": "emailSha256", "filterValues": "AB" * 32, "fields": "emailSha256"}
    found = marketo.result("GET", "/rest/v1/leads.json", params=asked)
    assert found == [{"id": made["id"], "emailSha256": "ab" * 32}]
    (told,) = marketo.result("GET", "/rest/v1/leads/schema/fields/emailSha256.json")
    assert (told["isCustom"], told["isApiCreated"], told["length"]) == (True, True, 255)
    (described,) = marketo.result("GET", "/rest/v1/leads/describe2.json")
    assert "emailSha256" in {field["name"] for field in described["fields"]}


@pytest.mark.parametrize(
    "data_type", ["boolean", "currency", "date", "datetime", "float", "integer", "percent", "score"]
)
def test_each_type_can_be_created_and_keeps_values(marketo: SimulatedMarketo, data_type: str) -> None:
    create(marketo, {"displayName": "Extra", "name": "extra", "dataType": data_type})
    sent = {"boolean": True, "date": "2026-11-22", "datetime": "2026-11-22T10:00:00Z"}.get(data_type, 7)
    row = {"email": "a@example.com", "extra": sent}
    (made,) = marketo.result("POST", "/rest/v1/leads.json", json={"input": [row]})
    assert marketo.result("GET", f"/rest/v1/lead/{made['id']}.json?fields=extra") == [{"id": made["id"], "extra": sent}]


def test_fields_that_cannot_be_created(marketo: SimulatedMarketo) -> None:
    results = create(
        marketo,
        HASH,
        HASH,
        {**HASH, "name": "EMAIL"},
        {**HASH, "name": "with blank"},
        {**HASH, "name": "other", "dataType": "varchar"},
        {"name": "nameless", "dataType": "string"},
    )
    codes = [result["reasons"][0]["code"] if result["status"] == "skipped" else "" for result in results]
    assert codes == ["", "1005", "1005", "1003", "1003", "1002"]


def test_a_hundred_custom_fields_are_all(marketo: SimulatedMarketo) -> None:
    wanted = [{"displayName": f"Extra {n}", "name": f"extra{n}", "dataType": "string"} for n in range(101)]
    results = create(marketo, *wanted)
    assert [result["status"] for result in results] == ["created"] * 100 + ["skipped"]
    assert results[-1]["reasons"][0]["code"] == "1014"


def test_fields_come_in_pages(marketo: SimulatedMarketo) -> None:
    first = marketo.ask("GET", FIELDS, params={"batchSize": 20}).json()
    rest = marketo.ask("GET", FIELDS, params={"nextPageToken": first["nextPageToken"]}).json()
    names = [field["name"] for field in first["result"] + rest["result"]]
    assert len(names) == len(set(names)) == len(first["result"]) + len(rest["result"]) > 40
    assert marketo.refusal("GET", "/rest/v1/leads/schema/fields/nothing.json")[0] == "1006"


def test_what_a_field_is_called_can_be_changed(marketo: SimulatedMarketo) -> None:
    path = "/rest/v1/leads/schema/fields/title.json"
    changed = marketo.result("POST", path, json={"input": [{"displayName": "Position"}]})
    assert changed == [{"name": "title", "status": "updated"}]
    assert marketo.result("GET", path)[0]["displayName"] == "Position"
    unknown = path.replace("title", "nothing")
    assert marketo.refusal("POST", unknown, json={"input": [{"displayName": "x"}]})[0] == "1006"
