"""Whatever happens, CloudFormation gets its answer; without one a deployment hangs for an hour."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from prepare_search import handler
from prepare_search.settings import Settings

SETTINGS = Settings(
    search_endpoint="https://search.invalid",
    search_shards=2,
    search_replicas=1,
    query_role_arns="arn:q1,arn:q2",
    write_role_arns="arn:w",
    manage_role_arns="arn:m",
    maintain_role_arns="",
)
CONTEXT: Any = SimpleNamespace(
    function_name="prepare",
    memory_limit_in_mb=256,
    invoked_function_arn="arn:aws:lambda:us-east-1:111122223333:function:prepare",
    aws_request_id="request-1",
)


class Preparation:
    def __init__(self, *, users: bool = True, broken: bool = False) -> None:
        self.done: list[Any] = []
        self._users, self._broken = users, broken

    def put_templates(self, shards: int, replicas: int) -> None:
        if self._broken:
            raise RuntimeError("no domain")
        self.done.append((shards, replicas))

    def has_users(self) -> bool:
        return self._users

    def put_roles(self, holders: dict[str, list[str]]) -> None:
        self.done.append(holders)


class Stack(HTTPServer):
    """Where CloudFormation waits; keeps what it was told."""

    answers: list[dict[str, str]]


class Waiting(BaseHTTPRequestHandler):
    server: Stack

    def do_PUT(self) -> None:
        self.server.answers.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def stack() -> Iterator[Stack]:
    with Stack(("127.0.0.1", 0), Waiting) as server:
        server.answers = []
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def run(monkeypatch: pytest.MonkeyPatch, stack: Stack, request_type: str, preparation: Preparation) -> None:
    monkeypatch.setattr(handler, "settings", lambda: SETTINGS)
    monkeypatch.setattr(handler, "preparation", lambda: preparation)
    names = {"StackId": "stack", "RequestId": "request", "LogicalResourceId": "logical"}
    url = f"http://127.0.0.1:{stack.server_port}/answer"
    handler.lambda_handler({"RequestType": request_type, "ResponseURL": url, **names}, CONTEXT)


@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_templates_and_roles_are_put(monkeypatch: pytest.MonkeyPatch, stack: Stack, request_type: str) -> None:
    preparation = Preparation()
    run(monkeypatch, stack, request_type, preparation)
    holders = {
        "touchline_query_reader": ["arn:q1", "arn:q2"],
        "touchline_event_writer": ["arn:w"],
        "touchline_rejected_keeper": ["arn:m"],
        "touchline_maintainer": [],
        "touchline_attributor": [],
    }
    assert preparation.done == [(2, 1), holders]
    (answer,) = stack.answers
    assert (answer["Status"], answer["RequestId"], answer["LogicalResourceId"]) == ("SUCCESS", "request", "logical")


def test_a_store_without_users_gets_templates_alone(monkeypatch: pytest.MonkeyPatch, stack: Stack) -> None:
    preparation = Preparation(users=False)
    run(monkeypatch, stack, "Create", preparation)
    assert preparation.done == [(2, 1)]


def test_deleting_the_stack_leaves_the_store_alone(monkeypatch: pytest.MonkeyPatch, stack: Stack) -> None:
    preparation = Preparation(broken=True)
    run(monkeypatch, stack, "Delete", preparation)
    assert stack.answers[0]["Status"] == "SUCCESS"


def test_a_failure_is_answered_and_raised(monkeypatch: pytest.MonkeyPatch, stack: Stack) -> None:
    with pytest.raises(RuntimeError, match="no domain"):
        run(monkeypatch, stack, "Create", Preparation(broken=True))
    assert stack.answers[0]["Status"] == "FAILED"
    assert "no domain" in stack.answers[0]["Reason"]
