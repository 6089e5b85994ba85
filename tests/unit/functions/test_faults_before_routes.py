"""A fault of ours before any route is reached is told in the API's own form, as every other."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from manage_api import handler as manage_api
from manage_marketo import handler as manage_marketo
from query_api import handler as query_api


def broken() -> Any:
    raise RuntimeError("secret inside")


@pytest.mark.parametrize(
    ("function", "path"),
    [(manage_api, "/v1/goals"), (manage_marketo, "/v1/marketo/groups"), (query_api, "/v1/status")],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_it_is_a_problem_that_says_nothing_of_its_inside(
    function: Any, path: str, monkeypatch: pytest.MonkeyPatch, request_of: Callable[..., Any], context: Any
) -> None:
    monkeypatch.setattr(function, "key_ring", broken)
    answer = function.lambda_handler(request_of("GET", path, key="tl_k1_secret"), context)
    assert (answer["statusCode"], answer["headers"]["Content-Type"]) == (500, "application/problem+json")
    assert json.loads(answer["body"])["code"] == "internal_error"
    assert json.loads(answer["body"])["instance"] == path
    assert "secret" not in answer["body"]
