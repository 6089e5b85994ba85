"""Nothing that comes from Marketo is believed before it was looked at."""

import gzip
from itertools import repeat
from typing import Any

import httpx
import pytest
from touchline.adapters.marketo import wire
from touchline.errors import CredentialsRefused, MarketoRefused, MarketoUnavailable

from tests.unit.adapters.marketo.canned import SECRET, TOKEN, Canned, Stream, ok, refused

CSV = {"Content-Type": "text/csv;charset=UTF-8"}


@pytest.mark.parametrize(
    "answer",
    [
        {"success": True, "result": "x"},
        {"success": True, "result": [1, 2]},
        {"success": True, "result": [{"id": None}]},
        {"success": True, "result": [{"id": "x1"}]},
        {"success": True, "result": [{"id": 1.5}]},
        {"success": True, "result": [{"id": True}]},
        {"success": "true", "result": []},
        {"result": []},
        {"success": False},
        {"success": True, "result": [{"id": 1}], "nextPageToken": "for ever"},
    ],
    ids=str,
)
def test_an_answer_of_another_shape_is_none(answer: dict[str, Any]) -> None:
    with pytest.raises(MarketoUnavailable):
        Canned([answer]).open().leads("id", ["1"], [])


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b"<html>", b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_is_not_json_is_asked_for_again_and_then_given_up(body: bytes) -> None:
    marketo = Canned([httpx.Response(200, content=body)])
    with pytest.raises(MarketoUnavailable):
        marketo.open().fields()
    assert len(marketo.asked) == 1 + 6


@pytest.mark.parametrize("count", [0, 1, 3])
def test_each_changed_lead_needs_its_verdict(count: int) -> None:
    marketo = Canned([ok(*({"id": number, "status": "updated"} for number in range(count)))])
    with pytest.raises(MarketoUnavailable, match=f"{count} of 2"):
        marketo.open().update_leads([{"id": 1}, {"id": 2}])


def test_a_redirection_is_not_followed() -> None:
    elsewhere = httpx.Response(302, headers={"Location": "http://169.254.169.254/latest/meta-data"})
    marketo = Canned([elsewhere])
    with pytest.raises(MarketoRefused, match="not followed"):
        marketo.open().fields()
    assert {request.url.host for request in marketo.asked} == {"123-abc-456.mktorest.com"}
    with pytest.raises(CredentialsRefused, match="not followed"):
        Canned([ok()], identity=elsewhere).open().fields()


def test_an_answer_that_unpacks_to_too_much_is_refused() -> None:
    bomb = gzip.compress(b" " * 40_000_000)
    marketo = Canned([httpx.Response(200, content=bomb, headers={"Content-Encoding": "gzip"})])
    with pytest.raises(MarketoUnavailable, match="larger than 32,000,000 bytes"):
        marketo.open().fields()


def test_what_says_to_be_packed_and_is_not_is_no_answer() -> None:
    marketo = Canned([httpx.Response(200, stream=Stream([b"{}"]), headers={"Content-Encoding": "gzip"})])
    with pytest.raises(MarketoUnavailable, match="broke off"):
        marketo.open().merge_leads(1, [2], in_crm=False)


def test_a_server_that_sends_a_byte_a_minute_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [0.0]
    monkeypatch.setattr(wire.time, "monotonic", lambda: seconds[0])

    def a_minute() -> None:
        seconds[0] += 60

    trickle = httpx.Response(200, stream=Stream(repeat(b" "), a_minute))
    with pytest.raises(MarketoUnavailable, match="did not end"):
        Canned([trickle]).open().merge_leads(1, [2], in_crm=False)
    assert seconds[0] < 600


@pytest.mark.parametrize(
    "identity",
    [
        {"error": "invalid_client", "error_description": f"Bad secret {SECRET} of boss@example.com"},
        {"error": SECRET},
        {"errors": [SECRET]},
    ],
    ids=["description", "error", "unknown"],
)
def test_a_secret_that_marketo_repeats_is_not_passed_on(identity: dict[str, Any]) -> None:
    marketo = Canned([ok()], identity=httpx.Response(401, json=identity))
    with pytest.raises(CredentialsRefused) as error:
        marketo.open().fields()
    assert SECRET not in f"{error.value} {error.value.__cause__}"
    assert "boss" not in str(error.value)


@pytest.mark.parametrize("status", [200, 404, 500, 503])
def test_identity_that_answers_something_else_is_told(status: int) -> None:
    marketo = Canned([ok()], identity=httpx.Response(status, content=b"<html>"))
    with pytest.raises((CredentialsRefused, MarketoUnavailable)):
        marketo.open().fields()
    assert len(marketo.asked) == (1 if status == 404 else 3)


def test_a_moments_trouble_of_identity_is_waited_out() -> None:
    marketo = Canned([ok()], identities=[httpx.Response(502), httpx.ReadTimeout("slow")])
    assert marketo.open().fields() == []
    assert marketo.slept == [1, 3]


def test_a_token_that_marketo_repeats_is_not_passed_on() -> None:
    with pytest.raises(MarketoRefused) as error:
        Canned([refused("1003", f"{'x' * 190} {TOKEN}")]).open().fields()
    assert TOKEN[:8] not in str(error.value)


def test_a_code_may_come_as_a_number() -> None:
    answer = {"success": False, "errors": [{"code": 1003, "message": "no"}]}
    with pytest.raises(MarketoRefused) as error:
        Canned([answer]).open().fields()
    assert error.value.marketo_code == "1003"


def part(content: bytes, place: str | None, status: int = 206) -> httpx.Response:
    return httpx.Response(status, content=content, headers=CSV | ({"Content-Range": place} if place else {}))


def test_a_server_that_knows_no_ranges_is_read_from_its_begin() -> None:
    marketo = Canned([part(b"0123456789", None, status=200)])
    assert b"".join(marketo.open().read_export("leads", "a1", 3, 6)) == b"345"


def test_bytes_that_nobody_asked_for_are_left_out() -> None:
    marketo = Canned([part(b"0123456789", "bytes 0-9/10")])
    assert b"".join(marketo.open().read_export("leads", "a1", 0, 4)) == b"0123"


@pytest.mark.parametrize("place", [None, "bytes 4-9/10", "bytes */10", "lines 0-9/10", "bytes 99999999999999999-9/1"])
def test_another_part_of_the_file_is_not_taken_for_the_one(place: str | None) -> None:
    with pytest.raises(MarketoUnavailable):
        list(Canned([part(b"456789", place)]).open().read_export("leads", "a1", 3, 9))


def test_what_came_before_the_cut_is_handed_on() -> None:
    def cut() -> Any:
        yield b"abc"
        raise httpx.ReadError("gone")

    answer = httpx.Response(206, stream=Stream(cut()), headers=CSV | {"Content-Range": "bytes 0-9/10"})
    reading = Canned([answer]).open().read_export("leads", "a1", 0, 10)
    assert next(reading) == b"abc"
    with pytest.raises(MarketoUnavailable, match="broke off"):
        next(reading)


def test_what_could_not_be_sent_is_sent_again_even_a_merge() -> None:
    marketo = Canned([httpx.ConnectError("no"), {"success": True}])
    marketo.open().merge_leads(1, [2], in_crm=False)
    assert len(marketo.asked) == 3


def test_a_token_that_marketo_gives_and_does_not_take_is_told() -> None:
    marketo = Canned([refused("601")])
    with pytest.raises(MarketoUnavailable, match="does not take the access tokens"):
        marketo.open().fields()
    assert sum(request.url.path != "/identity/oauth/token" for request in marketo.asked) == 3


def test_a_large_file_is_handed_on_piece_by_piece() -> None:
    sent: list[int] = []

    def pieces() -> Any:
        for number in range(1_000):
            sent.append(number)
            yield b"x" * 1_000

    place = {"Content-Range": "bytes 0-999999/1000000"}
    marketo = Canned([httpx.Response(206, stream=Stream(pieces()), headers=CSV | place)])
    for number, piece in enumerate(marketo.open().read_export("leads", "a1", 0, 1_000_000)):
        assert len(piece) == 1_000
        assert len(sent) <= number + 2
    assert len(sent) == 1_000


def test_nothing_is_asked_for_nothing() -> None:
    marketo = Canned([ok()])
    assert list(marketo.open().read_export("leads", "a1", 5, 5)) == []
    assert marketo.asked == []
