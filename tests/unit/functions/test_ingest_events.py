import base64
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from ingest_events import handler, idempotency, parts
from manage_tenants import handler as tenants_handler
from touchline.adapters.event_json import read_bulk
from touchline.adapters.packing import read_message

type Call = Callable[..., dict[str, Any]]

EVENT = {"id": "e1", "action": "Email Opened", "actor": {"id": "c1", "email": "Jane@Example.com"}}


@pytest.fixture(autouse=True)
def fresh() -> None:
    """Each test is a new container."""
    for built in (parts.settings, parts.key_ring, parts.intake, idempotency._store, tenants_handler.settings):
        built.cache_clear()
    tenants_handler.tenants.cache_clear()
    tenants_handler.api_keys.cache_clear()


@pytest.fixture
def keys(aws: None, context: Any) -> dict[str, str]:
    wanted = {"operation": "create", "tenant": "acme", "name": "Acme", "events_per_second": 3}
    answer: dict[str, str] = tenants_handler.lambda_handler(wanted, context)["keys"]
    return answer


@pytest.fixture
def send(keys: dict[str, str], request_of: Call, context: Any) -> Call:
    def call(body: Any, key: str = keys["ingest"], **headers: str) -> dict[str, Any]:
        request = request_of("POST", "/v1/events", body, key=key, headers=headers)
        answer = handler.lambda_handler(request, context)
        return answer | {"json": json.loads(answer["body"])}

    return call


def queued() -> list[dict[str, Any]]:
    queue = boto3.client("sqs")
    found = queue.receive_message(QueueUrl=parts.settings().events_queue_url, MaxNumberOfMessages=10)
    messages = [read_message(message["Body"]) for message in found.get("Messages", [])]
    return [document for message in messages for _, document in read_bulk(message.body)]


def test_an_accepted_event_is_in_the_queue_when_the_answer_comes(send: Call) -> None:
    answer = send(EVENT)
    assert answer["statusCode"] == 202
    assert answer["json"] == {
        "accepted": 1,
        "duplicates": 0,
        "rejected": 0,
        "receipts": [{"index": 0, "id": "e1", "status": "accepted"}],
    }
    [document] = queued()
    assert document["tenant"] == "acme"
    assert document["action"] == "email_opened"
    assert "jane" not in json.dumps(document).lower()


def test_a_bad_event_does_not_hold_up_the_good_ones(send: Call) -> None:
    answer = send({"events": [EVENT, {"id": "e2", "action": "x", "actor": {"id": "null"}}, EVENT]})
    assert [receipt["status"] for receipt in answer["json"]["receipts"]] == ["accepted", "rejected", "duplicate"]
    assert answer["json"]["receipts"][1]["code"] == "placeholder_id"
    assert answer["json"]["receipts"][1]["field"] == "actor.id"
    assert {document.get("state") for document in queued()} == {None, "open"}


def test_a_gzipped_body_is_read(send: Call) -> None:
    assert send(gzip.compress(json.dumps(EVENT).encode()), **{"content-encoding": "gzip"})["json"]["accepted"] == 1


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        pytest.param(b"{", {}, 400, "malformed_request", id="not JSON"),
        pytest.param(b"", {}, 400, "malformed_request", id="empty"),
        pytest.param(b"[" * 100_000, {}, 400, "malformed_request", id="depth bomb"),
        pytest.param(b"x" * (4 * 1024 * 1024 + 1), {}, 413, "too_large", id="too many bytes"),
        pytest.param(gzip.compress(b" " * 17_000_000), {"content-encoding": "gzip"}, 413, "too_large", id="gzip bomb"),
        pytest.param(b"\x1f\x8b nothing", {"content-encoding": "gzip"}, 400, "malformed_request", id="damaged gzip"),
        pytest.param(b"[" + b"1," * 5_000 + b"1]", {}, 413, "too_large", id="too many events"),
        pytest.param(b"[]", {"idempotency-key": "x" * 201}, 422, "invalid_request", id="long idempotency key"),
    ],
)
def test_a_refusal_is_a_problem_with_a_code(
    send: Call, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answer = send(body, **headers)
    assert answer["statusCode"] == status
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert answer["json"]["code"] == code
    assert answer["json"]["instance"] == "/v1/events"


def test_no_key_an_unknown_key_and_a_key_without_the_scope_are_refused(send: Call, keys: dict[str, str]) -> None:
    assert send(EVENT, key="")["statusCode"] == 401
    assert send(EVENT, key=keys["ingest"] + "x")["json"]["code"] == "not_authenticated"
    assert send(EVENT, key=keys["read"])["json"]["code"] == "not_allowed"


def test_over_the_rate_says_when_to_come_back(send: Call) -> None:
    events = [EVENT | {"id": f"e{number}"} for number in range(30)]
    answers = [send(events) for _ in range(3)]
    refused = [answer for answer in answers if answer["statusCode"] == 429]
    assert refused, "three windows of 10 s cannot begin within this test"
    assert 1 <= int(refused[0]["headers"]["Retry-After"]) <= 10


def test_the_same_idempotency_key_gets_the_saved_answer(send: Call) -> None:
    key = {"idempotency-key": "batch-1"}
    first, again = send([EVENT, {}], **key), send([EVENT, {}], **key)
    assert first["json"] == again["json"]
    assert len(queued()) == 2


def test_the_same_idempotency_key_with_another_body_is_refused(send: Call) -> None:
    send(EVENT, **{"idempotency-key": "batch-1"})
    answer = send(EVENT | {"id": "e2"}, **{"idempotency-key": "batch-1"})
    assert (answer["statusCode"], answer["json"]["code"]) == (409, "idempotency_key_reused")


def test_a_bug_is_told_as_a_problem_without_its_inside(send: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Any:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(parts, "intake", broken)
    answer = send(EVENT)
    assert (answer["statusCode"], answer["json"]["code"]) == (500, "internal_error")
    assert "secret" not in answer["body"]


def test_importing_the_handler_loads_only_what_every_request_needs() -> None:
    spared = ("pydantic", "opensearchpy", "duckdb", "aws_lambda_powertools.utilities.idempotency")
    code = f"import sys, ingest_events.handler; print([name for name in {spared} if name in sys.modules])"
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout.strip() == "[]"


@pytest.fixture
def segment(keys: dict[str, str], request_of: Call, context: Any) -> Call:
    def call(route: str, body: Any, key: str = keys["ingest"], **headers: str) -> dict[str, Any]:
        write_key = base64.b64encode(f"{key}:".encode()).decode()
        sent = {"authorization": f"Basic {write_key}"} | headers
        answer = handler.lambda_handler(request_of("POST", f"/v1/segment/{route}", body, headers=sent), context)
        return answer | {"json": json.loads(answer["body"])}

    return call


TRACK = {"type": "track", "messageId": "m1", "userId": "u1", "anonymousId": "a1", "event": "Email Opened"}


@pytest.mark.parametrize("route", ["batch", "v1/batch"])
def test_a_segment_batch_is_taken_and_what_is_set_aside_is_told(segment: Call, route: str) -> None:
    batch = [TRACK, {**TRACK, "messageId": "m2", "userId": "null"}, {"type": "nothing"}, TRACK]
    answer = segment(route, gzip.compress(json.dumps({"batch": batch}).encode()), **{"content-encoding": "gzip"})
    assert answer["statusCode"] == 200
    told = answer["json"]
    assert (told["success"], told["accepted"], told["duplicates"], told["rejected"]) == (True, 1, 1, 2)
    assert [(reason["index"], reason["field"]) for reason in told["reasons"]] == [(1, "actor.id"), (2, "type")]
    documents = {document.get("id") or document["code"]: document for document in queued()}
    assert documents["m1"]["action"] == "email_opened"
    assert documents["m1"]["actor"] == {"id": "u1", "anonymous_id": "a1"}
    kept = json.loads(documents["placeholder_id"]["original"])
    assert kept["actor"]["id"] == "null", "the event is kept, so that it can be corrected and replayed"
    assert json.loads(documents["wrong_type"]["original"]) == {"type": "nothing"}


def test_a_single_segment_call_is_what_its_route_says(segment: Call) -> None:
    assert segment("page", {"anonymousId": "a1", "name": "Pricing"})["json"]["accepted"] == 1
    [document] = queued()
    assert document["action"] == "page_viewed"
    assert document["id"].startswith("segment-")


@pytest.mark.parametrize(
    ("route", "body", "key", "status", "code"),
    [
        pytest.param("track", TRACK, "tl_nobody_x", 401, "not_authenticated", id="unknown key"),
        pytest.param("import", TRACK, None, 404, "not_found", id="no such call"),
        pytest.param("batch", {"batch": [TRACK] * 2_501}, None, 413, "too_large", id="too many"),
        pytest.param("batch", b" " * 512_001, None, 413, "too_large", id="too large"),
        pytest.param("batch", b"{", None, 400, "malformed_request", id="not JSON"),
        pytest.param("batch", {"events": []}, None, 422, "invalid_request", id="no batch"),
    ],
)
def test_a_segment_request_is_refused_in_words(
    segment: Call, route: str, body: Any, key: str | None, status: int, code: str
) -> None:
    answer = segment(route, body, **({"key": key} if key else {}))
    assert (answer["statusCode"], answer["json"]["code"]) == (status, code)
    assert answer["json"]["message"] == answer["json"]["detail"]
    assert answer["json"]["instance"] == f"/v1/segment/{route}"


def test_basic_authentication_that_is_none_is_refused(segment: Call) -> None:
    assert segment("track", TRACK, authorization="Basic ???")["statusCode"] == 401
