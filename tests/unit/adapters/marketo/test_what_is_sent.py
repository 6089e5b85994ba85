import json
from email import message_from_bytes

import pytest
from httpx import Response
from touchline.domain.marketo.api import ExportOrder, LeadField

from tests.unit.adapters.marketo.canned import ENDPOINT, SECRET, TOKEN, Canned, form, ok

JOB = {"exportId": "3fadb012-5810-40ba-a5ca-56300ecf10d4", "status": "Created", "createdAt": "2026-11-22T10:00:00Z"}


def test_the_secret_goes_to_identity_alone_and_the_token_into_the_header() -> None:
    marketo = Canned([ok({"date": "2026-11-22", "total": 3})])
    assert marketo.open().calls_today() == 3
    identity, usage = marketo.asked
    assert dict(identity.url.params) == {
        "grant_type": "client_credentials",
        "client_id": "client",
        "client_secret": SECRET,
    }
    assert "authorization" not in identity.headers
    assert usage.headers["authorization"] == f"Bearer {TOKEN}"
    assert usage.headers["accept-encoding"]
    assert TOKEN not in str(usage.url)
    assert SECRET not in str(usage.url)


def test_addresses_are_in_the_body_where_no_log_shows_them() -> None:
    marketo = Canned([ok({"id": 1, "email": "ada@example.com"})])
    marketo.open().leads("email", ["ada@example.com", "a,b@example.com", "", "ada@example.com"], ["firstName", "id"])
    assert (marketo.last.method, str(marketo.last.url)) == ("POST", f"{ENDPOINT}/rest/v1/leads.json?_method=GET")
    assert form(marketo.last) == {
        "_method": "GET",
        "filterType": "email",
        "filterValues": "ada@example.com",
        "fields": "id,firstName",
    }


def test_values_are_asked_300_at_once_and_pages_followed() -> None:
    marketo = Canned([ok({"id": 1}, nextPageToken="next"), ok({"id": 2}), ok({"id": 3})])
    found = marketo.open().leads("id", [str(number) for number in range(301)], [])
    assert [row["id"] for row in found] == [1, 2, 3]
    first, second, third = map(form, marketo.asked[1:])
    assert len(first["filterValues"].split(",")) == 300
    assert second == first | {"nextPageToken": "next"}
    assert third["filterValues"] == "300"


def test_a_merge_has_everything_in_its_query_and_an_empty_body() -> None:
    marketo = Canned([{"requestId": "1#1", "success": True}])
    marketo.open().merge_leads(50, [51, 52], in_crm=False)
    assert str(marketo.last.url) == f"{ENDPOINT}/rest/v1/leads/50/merge.json?leadIds=51%2C52"
    assert (marketo.last.method, marketo.last.content, marketo.last.headers["content-length"]) == ("POST", b"", "0")
    marketo.open().merge_leads(50, [51], in_crm=True)
    assert dict(marketo.last.url.params) == {"leadIds": "51", "mergeInCRM": "true"}


@pytest.mark.parametrize(("losers", "in_crm"), [([], False), (list(range(26)), False), ([1, 2], True)])
def test_a_merge_of_more_than_marketo_takes_is_not_sent(losers: list[int], *, in_crm: bool) -> None:
    marketo = Canned([ok()])
    with pytest.raises(ValueError, match="leads are merged"):
        marketo.open().merge_leads(50, losers, in_crm=in_crm)
    assert marketo.asked == []


def test_leads_are_changed_by_id_and_none_is_made() -> None:
    marketo = Canned([ok({"id": 1, "status": "updated"})])
    marketo.open().update_leads([{"id": 1, "firstName": None}])
    assert json.loads(marketo.last.content) == {
        "action": "updateOnly",
        "lookupField": "id",
        "input": [{"id": 1, "firstName": None}],
    }
    with pytest.raises(ValueError, match="300"):
        marketo.open().update_leads([{"id": number} for number in range(301)])


def test_a_body_stays_below_a_million_bytes() -> None:
    marketo = Canned([ok(*({"id": 1, "status": "updated"} for _ in range(count))) for count in (33, 33, 33, 1)])
    rows = [{"id": 1, "notes": "€" * 10_000} for _ in range(100)]
    assert len(marketo.open().update_leads(rows)) == 100
    assert [len(one.content) < 1_000_000 for one in marketo.asked[1:]] == [True] * 4


def test_a_file_to_import_is_one_part_of_a_form() -> None:
    marketo = Canned([ok({"batchId": 3404, "importId": "3404", "status": "Queued"})])
    job = marketo.open().import_leads(b"id,a\n1,x\n", lookup="id")
    assert (job.id, job.state) == ("3404", "Queued")
    assert dict(marketo.last.url.params) == {"format": "csv", "lookupField": "id"}
    head = f"Content-Type: {marketo.last.headers['content-type']}\r\n\r\n".encode()
    (part,) = message_from_bytes(head + marketo.last.content).get_payload()  # type: ignore[misc]
    assert part.get_param("name", header="content-disposition") == "file"  # type: ignore[union-attr]
    assert part.get_payload(decode=True) == b"id,a\n1,x\n"  # type: ignore[union-attr]
    with pytest.raises(ValueError, match="10,000,000"):
        marketo.open().import_leads(b"x" * 10_000_001, lookup="id")


def test_an_order_names_fields_and_one_filter() -> None:
    marketo = Canned([ok(JOB)])
    job = marketo.open().create_export(ExportOrder("leads", ("id", "email"), {"staticListId": 7}))
    assert (job.id, job.state, job.created_at) == (JOB["exportId"], "Created", 1_795_341_600_000)
    assert json.loads(marketo.last.content) == {
        "fields": ["id", "email"],
        "format": "CSV",
        "filter": {"staticListId": 7},
    }


def test_a_file_is_asked_for_in_ranges_and_not_packed() -> None:
    answer = Response(206, content=b"abc", headers={"Content-Range": "bytes 5-7/100", "Content-Type": "text/csv"})
    marketo = Canned([answer])
    assert b"".join(marketo.open().read_export("leads", JOB["exportId"], 5, 8)) == b"abc"
    assert marketo.last.headers["range"] == "bytes=5-7"
    assert marketo.last.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("job", ["../create", "a/b", "a?b", "", "ä"])
def test_an_id_that_is_none_is_not_sent(job: str) -> None:
    marketo = Canned([ok()])
    with pytest.raises(ValueError, match="id of a job"):
        marketo.open().get_export("leads", job)
    assert marketo.asked == []


def test_we_wait_longer_than_marketo_takes() -> None:
    marketo = Canned([{"success": True, "result": [{"id": 1, "status": "updated"}]}])
    marketo.open().leads("id", ["1"], [])
    reads = marketo.last.extensions["timeout"]["read"]
    marketo.open().update_leads([{"id": 1}])
    writes = marketo.last.extensions["timeout"]["read"]
    marketo.open().merge_leads(1, [2], in_crm=False)
    merges = marketo.last.extensions["timeout"]["read"]
    assert reads > 60
    assert writes > 90
    assert merges > 180


def test_nobody_waits_longer_than_the_function_lives() -> None:
    marketo = Canned([ok()], time_left=20_000)
    marketo.open().fields()
    assert marketo.last.extensions["timeout"]["read"] == 20


def test_no_field_is_made_where_all_are_there() -> None:
    described = ok({"name": "API Lead", "fields": [{"name": "a", "displayName": "A", "dataType": "string"}]})
    marketo = Canned([described])
    marketo.open().create_fields([LeadField("a", "A", "string")])
    assert [one.method for one in marketo.asked] == ["GET", "GET"]
