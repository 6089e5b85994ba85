"""Identity and the tokens of calls, as Marketo has them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.contract.simulated_marketo import SimulatedMarketo, simulated_marketo

LEAD = "/rest/v1/lead/1.json"


@pytest.fixture
def marketo(tmp_path: Path) -> Iterator[SimulatedMarketo]:
    with simulated_marketo(tmp_path) as running:
        running.instance.tokens.end_all(running.instance.clock.now())
        running.instance.switches.token_seconds = 3600
        yield running


def identity(marketo: SimulatedMarketo, method: str = "GET", **changes: str) -> requests.Response:
    first = marketo.instance.credentials[0]
    wanted = {"grant_type": "client_credentials", "client_id": first.client_id, "client_secret": first.client_secret}
    place = "params" if method == "GET" else "data"
    return requests.request(
        method, f"{marketo.endpoint}/identity/oauth/token", timeout=10, **{place: {**wanted, **changes}}
    )


def code(marketo: SimulatedMarketo, token: str | None, **more: Any) -> str | None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = requests.get(marketo.endpoint + LEAD, headers=headers, timeout=10, **more)
    assert answer.status_code == 200
    body = answer.json()
    return None if body["success"] else body["errors"][0]["code"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_token_has_the_shape_of_the_reference(marketo: SimulatedMarketo, method: str) -> None:
    answer = identity(marketo, method, partner_id="p")
    assert answer.status_code == 200
    body = answer.json()
    assert sorted(body) == ["access_token", "expires_in", "scope", "token_type"]
    assert (body["token_type"], body["scope"]) == ("bearer", "api.user@example.test")
    assert 3598 <= body["expires_in"] <= 3600
    assert code(marketo, body["access_token"]) is None


def test_asked_again_it_is_the_same_token_with_what_is_left_of_it(marketo: SimulatedMarketo) -> None:
    first = identity(marketo).json()
    marketo.advance(3084)
    second = identity(marketo).json()
    assert (second["access_token"], second["expires_in"]) == (first["access_token"], 516)
    marketo.advance(515.5)
    assert identity(marketo).json()["expires_in"] == 0
    marketo.advance(1)
    third = identity(marketo).json()
    assert third["access_token"] != first["access_token"]
    assert third["expires_in"] == 3600


def test_the_first_use_after_the_end_is_602_and_later_ones_are_601(marketo: SimulatedMarketo) -> None:
    token = identity(marketo).json()["access_token"]
    marketo.advance(3600)
    assert [code(marketo, token) for _ in range(3)] == ["602", "601", "601"]
    assert code(marketo, "never-issued") == "601"


def test_without_a_token_access_is_denied(marketo: SimulatedMarketo) -> None:
    assert code(marketo, None) == "603"


def test_a_token_in_the_query_is_taken_only_where_that_is_switched_on(marketo: SimulatedMarketo) -> None:
    token = identity(marketo).json()["access_token"]
    assert code(marketo, None, params={"access_token": token}) == "603"
    marketo.instance.switches.allow_query_token = True
    assert code(marketo, None, params={"access_token": token}) is None


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "unknown"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_what_identity_refuses(marketo: SimulatedMarketo, changes: dict[str, str], status: int, error: str) -> None:
    answer = identity(marketo, **changes)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_bad_credentials_are_told_in_the_words_of_the_wire(marketo: SimulatedMarketo) -> None:
    told = identity(marketo, client_secret="wrong").json()
    assert told == {"error": "invalid_client", "error_description": "Bad client credentials"}


def test_identity_counts_as_no_call(marketo: SimulatedMarketo) -> None:
    for _ in range(5):
        identity(marketo)
    assert marketo.instance.limits.calls() == 0
