"""The wire: envelopes, statuses, sizes, compression, connections, and what clients do differently."""

import gzip
import http.client
import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.contract.simulated_marketo import SimulatedMarketo, simulated_marketo


@pytest.fixture
def marketo(tmp_path: Path) -> Iterator[SimulatedMarketo]:
    with simulated_marketo(tmp_path) as running:
        running.add_leads({"email": "ada@example.com", "firstName": "Ada"})
        yield running


def raw(marketo: SimulatedMarketo, request: bytes) -> bytes:
    address = urlsplit(marketo.endpoint)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=10) as wire:
        wire.sendall(request)
        return b"".join(iter(lambda: wire.recv(65_536), b""))


def test_answers_of_the_lead_database_have_no_errors_on_success(marketo: SimulatedMarketo) -> None:
    answer = marketo.ask("GET", "/rest/v1/lead/1.json")
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    body = answer.json()
    assert sorted(body) == ["requestId", "result", "success"]
    assert re.fullmatch(r"[0-9a-f]+#[0-9a-f]+", body["requestId"])


def test_answers_of_assets_have_errors_and_warnings_always(marketo: SimulatedMarketo) -> None:
    body = marketo.ask("GET", "/rest/asset/v1/staticLists.json").json()
    assert body["warnings"] == ["No assets found for the given search criteria."]
    assert (body["success"], body["errors"], "result" in body) == (True, [], False)


def test_codes_are_texts_and_their_status_is_200(marketo: SimulatedMarketo) -> None:
    answer = marketo.ask("GET", "/rest/v1/nothing.json")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["success"], body["errors"][0]["code"], "result" in body) == (False, "610", False)


@pytest.mark.parametrize(
    ("method", "path", "more", "code"),
    [
        ("DELETE", "/rest/v1/lead/1.json", {}, "605"),
        ("POST", "/rest/v1/leads.json", {"data": b"{", "headers": {"Content-Type": "application/json"}}, "609"),
        ("POST", "/rest/v1/leads.json", {"data": {"input": "x"}}, "612"),
        ("GET", "/rest/v1/lead/one.json", {}, "1001"),
    ],
)
def test_calls_that_nobody_should_make(
    marketo: SimulatedMarketo, method: str, path: str, more: dict[str, object], code: str
) -> None:
    assert marketo.refusal(method, path, **more)[0] == code


@pytest.mark.parametrize(
    "path",
    [
        "//rest/v1//lead/1.json",
        "/rest/v1/x/../lead/1.json",
        "/rest/v1/./lead/1.json",
        "/rest/v1/lead/%31.json",
    ],
)
def test_paths_that_clients_write_differently(marketo: SimulatedMarketo, path: str) -> None:
    token = marketo.http.headers["Authorization"]
    answer = raw(
        marketo, f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\nConnection: close\r\n\r\n".encode()
    )
    assert b'"email":"ada@example.com"' in answer


def test_a_post_is_a_get_where_its_form_says_so(marketo: SimulatedMarketo) -> None:
    form = {"_method": "GET", "filterType": "email", "filterValues": "ADA@example.com", "fields": "firstName"}
    assert marketo.result("POST", "/rest/v1/leads.json", data=form) == [{"id": 1, "firstName": "Ada"}]
    query = "?_method=GET&filterType=id&filterValues=1&fields=firstName"
    assert marketo.result("POST", "/rest/v1/leads.json" + query) == [{"id": 1, "firstName": "Ada"}]


def test_a_delete_has_a_body(marketo: SimulatedMarketo) -> None:
    assert marketo.result("DELETE", "/rest/v1/leads.json", json={"input": [{"id": 1}]}) == [
        {"id": 1, "status": "deleted"}
    ]


def test_a_body_of_more_than_a_megabyte_is_413_and_the_connection_ends(marketo: SimulatedMarketo) -> None:
    answer = marketo.ask("POST", "/rest/v1/leads.json", json={"input": [{"notes": "x" * 1_048_576}]})
    assert (answer.status_code, answer.headers["Connection"]) == (413, "close")
    assert marketo.result("GET", "/rest/v1/lead/1.json")


def test_a_target_of_more_than_8_kilobytes_is_414_but_not_for_assets(marketo: SimulatedMarketo) -> None:
    long = "x" * 9000
    assert marketo.ask("GET", "/rest/v1/leads.json", params={"filterValues": long}).status_code == 414
    assert marketo.ask("GET", "/rest/asset/v1/staticList/byName.json", params={"name": long}).status_code == 200


def test_a_post_must_say_how_long_it_is(marketo: SimulatedMarketo) -> None:
    token = marketo.http.headers["Authorization"]
    head = f"POST /rest/v1/leads/1/merge.json?leadIds=2 HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n"
    assert raw(marketo, f"{head}\r\n".encode()).startswith(b"HTTP/1.1 400 ")
    assert b'"code":"1004"' in raw(marketo, f"{head}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())


def test_a_body_may_come_in_chunks(marketo: SimulatedMarketo) -> None:
    pieces = iter([b'{"input": [{"email":', b' "b@example.com"}]}'])
    (result,) = marketo.result("POST", "/rest/v1/leads.json", data=pieces, headers={"Content-Type": "application/json"})
    assert result["status"] == "created"


def test_only_large_answers_are_compressed_and_only_for_who_accepts_it(marketo: SimulatedMarketo) -> None:
    address = urlsplit(marketo.endpoint)
    wire = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
    headers = {"Authorization": str(marketo.http.headers["Authorization"])}
    for path, accepted, compressed in (
        ("/rest/v1/leads/describe.json", "gzip", "gzip"),
        ("/rest/v1/leads/describe.json", "identity", None),
        ("/rest/v1/lead/1.json", "gzip", None),
    ):
        wire.request("GET", path, headers={**headers, "Accept-Encoding": accepted})
        answer = wire.getresponse()
        body = answer.read()
        assert answer.headers["Content-Encoding"] == compressed
        assert int(answer.headers["Content-Length"]) == len(body)
        assert json.loads(gzip.decompress(body) if compressed else body)["success"]
    wire.close()


def test_a_connection_stays_open_from_call_to_call(marketo: SimulatedMarketo) -> None:
    address = urlsplit(marketo.endpoint)
    wire = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
    headers = {"Authorization": str(marketo.http.headers["Authorization"])}
    wire.connect()
    opened = wire.sock
    for _ in range(5):
        wire.request("GET", "/rest/v1/lead/1.json", headers=headers)
        assert json.loads(wire.getresponse().read())["success"]
        assert wire.sock is opened
    wire.close()
