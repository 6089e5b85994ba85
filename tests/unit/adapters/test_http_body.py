"""Whatever bytes come as a body: taken, left to the resolver, or refused; never a failure of ours."""

import base64
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.adapters.http_body import as_json_request, check_body
from touchline.errors import InvalidRequest


@pytest.mark.parametrize("body", [None, "", "{}", '{"a": [1]}', "{", "nothing"])
def test_what_the_resolver_can_judge_is_left_to_it(body: str | None) -> None:
    check_body({"body": body, "isBase64Encoded": False})


@pytest.mark.parametrize(
    ("body", "is_base64"),
    [
        ("[" * 200_000, False),
        ("9" * 5_000, False),
        (base64.b64encode(b"\xff").decode(), True),
        ("a", True),
        ("\xe4\xf6", True),
    ],
    ids=["too deep", "endless number", "not UTF-8", "cut base64", "not base64"],
)
def test_what_the_resolver_would_fail_on_is_refused(body: str, is_base64: bool) -> None:  # noqa: FBT001
    with pytest.raises(InvalidRequest):
        check_body({"body": body, "isBase64Encoded": is_base64})


@given(st.binary(), st.booleans())
def test_any_bytes_end_in_an_answer(body: bytes, is_base64: bool) -> None:  # noqa: FBT001
    text = base64.b64encode(body).decode() if is_base64 else body.decode("latin-1")
    with suppress(InvalidRequest):
        check_body({"body": text, "isBase64Encoded": is_base64})


def test_a_body_is_json_whatever_its_sender_calls_it() -> None:
    sent = {"headers": {"Content-Type": "application/x-www-form-urlencoded", "x-api-key": "k"}, "body": "{}"}
    read = as_json_request(sent)
    assert read == {"headers": {"content-type": "application/json", "x-api-key": "k"}, "body": "{}"}
    assert as_json_request({"body": "{}"})["headers"] == {"content-type": "application/json"}
