"""What is not ours on the queue is set aside; what came with it goes its way."""

import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
import requests

from local.under_test import SystemUnderTest
from tests.books import dead_letters, indexed_events, wait_until_drained

pytestmark = pytest.mark.system


def test_poison_on_the_queue_ends_among_the_dead_letters_and_blocks_nobody(system: SystemUnderTest) -> None:
    queue, url = system.client("sqs"), system.outputs["EventsQueueUrl"]
    tenant = f"t-{secrets.token_hex(6)}"
    api = system.api(system.create_tenant(tenant)["ingest"])
    before = dead_letters(system.running)
    poison = ["not json", '{"v": 1}', '{"v":1,"tenant":"t","events":1,"rejected":0,"received_at":1,"body":"!!!!"}']
    for text in poison:
        queue.send_message(QueueUrl=url, MessageBody=text)
    api.send_events([b'{"id":"good","action":"email_opened","actor":{"id":"c-1"}}'])
    wait_until_drained(system.running)
    assert indexed_events(system.running, tenant) == 1
    assert dead_letters(system.running) == before + len(poison)
    _empty_dead_letters(system)


def test_a_document_that_the_mapping_refuses_is_set_aside_alone(system: SystemUnderTest) -> None:
    """The mapping is made stricter than the API for a moment, as a half-rolled-out change would."""
    tenant = f"t-{secrets.token_hex(6)}"
    keys = system.create_tenant(tenant)
    at = datetime.now(UTC) - timedelta(days=390)  # a day of its own, so that no other test meets this mapping
    day = f"events-{at:%Y.%m.%d}"
    wrong = {"mappings": {"properties": {"actor": {"properties": {"type": {"type": "integer"}}}}}}
    requests.put(f"{system.search_url}/{day}", json=wrong, timeout=30).raise_for_status()
    events = [
        {"id": "refused", "timestamp": at.isoformat(), "action": "x", "actor": {"id": "c-1", "type": "contact"}},
        {"id": "taken", "timestamp": at.isoformat(), "action": "x", "actor": {"id": "c-2"}},
    ]
    system.api(keys["ingest"]).send_events([orjson.dumps(event) for event in events])
    wait_until_drained(system.running)
    assert indexed_events(system.running, tenant) == 1
    requests.post(f"{system.search_url}/rejected-*/_refresh", timeout=30).raise_for_status()
    listed = system.api(keys["admin"]).get("/v1/rejected-events")["rejected_events"]
    assert [one["event_id"] for one in listed] == ["refused"]
    requests.delete(f"{system.search_url}/{day}", timeout=30).raise_for_status()


def _empty_dead_letters(system: SystemUnderTest) -> None:
    queue, url = system.client("sqs"), system.outputs["DeadLettersUrl"]
    until = time.monotonic() + 30
    while time.monotonic() < until:
        found: list[Any] = queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        if not found:
            return
        for message in found:
            queue.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
