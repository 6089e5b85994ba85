"""/v1/spend, from the request to what is kept."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from manage_api import handler, parts
from manage_tenants import handler as tenants_handler

type Call = Callable[..., tuple[int, dict[str, Any]]]

SHEET = "date,channel,campaign,amount,currency\n2026-11-01,email,autumn,10.50,EUR\n2026-11-03,ads,,5,USD\n"


@pytest.fixture
def call(aws: None, context: Any, request_of: Callable[..., dict[str, Any]]) -> Call:
    for built in (parts.settings, parts.key_ring, parts.api_keys, parts.spend_sheets):
        built.cache_clear()
    for built in (tenants_handler.settings, tenants_handler.tenants, tenants_handler.api_keys):
        built.cache_clear()
    keys = {
        tenant: tenants_handler.lambda_handler({"operation": "create", "tenant": tenant, "name": tenant}, context)[
            "keys"
        ]
        for tenant in ("acme", "other")
    }

    def ask(
        method: str, path: str, body: str | bytes = "", *, tenant: str = "acme", scope: str = "admin"
    ) -> tuple[int, dict[str, Any]]:
        request = request_of(method, path, None, key=keys[tenant][scope], query={})
        request["headers"]["content-type"] = "text/csv"
        request["isBase64Encoded"] = isinstance(body, bytes)
        request["body"] = base64.b64encode(body).decode() if isinstance(body, bytes) else body
        answer = handler.lambda_handler(request, context)
        return answer["statusCode"], json.loads(answer["body"])

    return ask


@pytest.mark.parametrize("body", [SHEET, SHEET.encode()], ids=["text", "bytes"])
def test_a_sheet_is_uploaded_listed_read_and_deleted(call: Call, body: str | bytes) -> None:
    status, facts = call("PUT", "/v1/spend/november", body)
    assert status == 201
    assert facts["totals"] == {"EUR": "10.5", "USD": "5"}
    assert (facts["lines"], facts["first_day"], facts["last_day"]) == (2, "2026-11-01", "2026-11-03")
    assert call("GET", "/v1/spend") == (200, {"sheets": [facts]})
    status, read = call("GET", "/v1/spend/november")
    assert status == 200
    assert read["rows"][1] == {
        "date": "2026-11-03",
        "channel": "ads",
        "campaign": None,
        "amount": "5",
        "currency": "USD",
    }
    assert call("DELETE", "/v1/spend/november")[0] == 200
    assert call("GET", "/v1/spend") == (200, {"sheets": []})


def test_the_same_name_again_replaces(call: Call) -> None:
    call("PUT", "/v1/spend/november", SHEET)
    status, facts = call("PUT", "/v1/spend/november", "date,amount,currency\n2026-11-05,1,EUR\n")
    assert (status, facts["totals"]) == (200, {"EUR": "1"})
    assert len(call("GET", "/v1/spend")[1]["sheets"]) == 1


def test_of_a_sheet_with_a_fault_nothing_is_taken_and_every_fault_is_told(call: Call) -> None:
    call("PUT", "/v1/spend/november", SHEET)
    status, problem = call("PUT", "/v1/spend/november", SHEET + "2026-11-31,ads,,5,USD\n2026-11-30,ads,,5,Dollar\n")
    assert (status, problem["code"]) == (422, "invalid_spend")
    assert [(one["line"], one["field"]) for one in problem["errors"]] == [("4", "date"), ("5", "currency")]
    assert problem["detail"].startswith("Nothing was taken. Line 4, date: There is no such day. 1 more")
    assert call("GET", "/v1/spend/november")[1]["lines"] == 2


def test_bytes_that_are_no_text_are_told_as_such(call: Call) -> None:
    status, problem = call("PUT", "/v1/spend/november", b"date,amount,currency\n2026-11-05,1,\xff\n")
    assert (status, problem["code"]) == (422, "invalid_spend")
    assert "UTF-8" in problem["detail"]


@pytest.mark.parametrize("name", ["November", "a%20b", "-a", "x" * 65])
def test_a_name_is_checked(call: Call, name: str) -> None:
    status, problem = call("PUT", f"/v1/spend/{name}", SHEET)
    assert (status, problem["field"]) == (422, "name")


def test_tenants_never_meet_and_reading_keys_may_not(call: Call) -> None:
    call("PUT", "/v1/spend/november", SHEET)
    assert call("GET", "/v1/spend", tenant="other") == (200, {"sheets": []})
    status, problem = call("DELETE", "/v1/spend/november", tenant="other")
    assert (status, problem["detail"]) == (404, "No spend sheet is named 'november'. Sheets: none yet.")
    assert call("GET", "/v1/spend", scope="read")[0] == 403
