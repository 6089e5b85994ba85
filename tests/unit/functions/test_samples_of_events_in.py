"""The sample payloads beside the code are what the handlers really take and answer."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from attribute_conversions import handler as attribution_handler
from index_events import handler as index_handler
from ingest_events import handler as ingest_handler
from ingest_events import parts as ingest_parts
from manage_api import handler as manage_handler
from manage_api import parts as manage_parts
from manage_tenants import handler as tenants_handler
from touchline.adapters.attribution_queue import read_changed
from touchline.adapters.memory.conversions import MemoryAttributionQueue, MemoryConversionStore, MemoryPersonEvents
from touchline.adapters.memory.event_index import MemoryEventIndex
from touchline.adapters.memory.goals import MemoryGoals
from touchline.adapters.memory.identities import MemoryIdentities
from touchline.adapters.memory.progress import MemoryProgress
from touchline.adapters.memory.redelivery import MemoryRedelivery
from touchline.adapters.packing import write_message
from touchline.adapters.s3 import S3Archive
from touchline.domain.goals import Goal
from touchline.domain.queries.filters import make_filter
from touchline.services.attribute_messages import Attribution
from touchline.services.attribute_people import AttributionParts
from touchline.services.note_attribution_progress import AttributionProgress

from tests.unit.services.accepting import Accepting

SAMPLES = Path(__file__).parents[3] / "events"


def sample(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    payload, expected = (json.loads((SAMPLES / f"{name}{end}").read_text()) for end in (".json", ".expected.json"))
    return payload, expected


@pytest.fixture(autouse=True)
def fresh() -> None:
    for parts in (ingest_parts, manage_parts, tenants_handler, index_handler):
        for built in vars(parts).values():
            if hasattr(built, "cache_clear") and built.__module__ == parts.__name__:
                built.cache_clear()


@pytest.fixture
def keys(aws: None, context: Any) -> dict[str, str]:
    made: dict[str, Any] = tenants_handler.lambda_handler(sample("manage_tenants/create")[0], context)
    assert made["tenant"].items() >= sample("manage_tenants/create")[1]["tenant"].items()
    keys: dict[str, str] = made["keys"]
    return keys


def answer_of(
    handler: Callable[..., dict[str, Any]], payload: dict[str, Any], key: str, context: Any
) -> dict[str, Any]:
    payload["headers"]["authorization"] = f"Bearer {key}"
    answer = handler(payload, context)
    return {"statusCode": answer["statusCode"], "body": json.loads(answer["body"])}


@pytest.mark.parametrize("name", ["one_event", "good_bad_and_duplicate", "lines", "not_json", "segment_batch"])
def test_ingest_answers_its_samples(name: str, keys: dict[str, str], context: Any) -> None:
    payload, expected = sample(f"ingest_events/{name}")
    assert answer_of(ingest_handler.lambda_handler, payload, keys["ingest"], context) == expected


@pytest.mark.parametrize("name", ["create_key", "merge_identities"])
def test_management_answers_its_samples(name: str, keys: dict[str, str], context: Any) -> None:
    payload, expected = sample(f"manage_api/{name}")
    answer = answer_of(manage_handler.lambda_handler, payload, keys["admin"], context)
    assert answer["statusCode"] == expected["statusCode"]
    assert answer["body"].items() >= expected["body"].items()


def test_attribution_works_off_its_sample(context: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    payload, expected = sample("attribute_conversions/two_messages")
    goals, store, redelivery = MemoryGoals(), MemoryConversionStore(), MemoryRedelivery()
    paid = (make_filter("action", "eq", "payment_received", "criteria"),)
    goals.add("acme", Goal("g1", 1, "Paid", (paid,)))
    event = {"@timestamp": 1_795_000_000_000, "sequence": 1, "tenant": "acme", "id": "e1", "action": "payment_received"}
    events = MemoryPersonEvents([event | {"_id": "e1", "actor": {"id": "contact-4711"}}])
    parts = AttributionParts(MemoryIdentities(), events, store)
    work = Attribution(parts, goals, MemoryAttributionQueue(), read_changed, lambda: event["@timestamp"], 0, 20_000)
    monkeypatch.setattr(attribution_handler, "attribution", lambda: work)
    monkeypatch.setattr(attribution_handler, "redelivery", lambda: redelivery)
    progress = MemoryProgress()
    monkeypatch.setattr(attribution_handler, "attribution_progress", lambda: AttributionProgress(progress))
    assert attribution_handler.lambda_handler(payload, context) == expected
    assert [one["person"] for one in store.documents.values()] == ["contact-4711"]
    assert [reason.split(":")[0] for _, reason in redelivery.dead_letters] == ["poison_message"]
    (sent,) = (int(one["attributes"]["SentTimestamp"]) for one in payload["Records"] if "acme" in one["body"])
    noted = progress.get("attributed#acme", "latest")
    assert noted is not None
    assert (noted["sent_at"], noted["lag_ms"]) == (sent, noted["seen_at"] - sent)


def test_indexing_sets_the_poison_aside(aws: None, context: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    index = MemoryEventIndex()
    redelivery = MemoryRedelivery()
    monkeypatch.setattr(index_handler, "event_index", lambda: index)
    monkeypatch.setattr(index_handler, "redelivery", lambda: redelivery)
    payload, expected = sample("index_events/two_messages")
    assert index_handler.lambda_handler(payload, context) == expected
    assert [document["id"] for document in index.documents()] == ["evt-7f3a"]
    assert [reason.split(":")[0] for _, reason in redelivery.dead_letters] == ["poison_message"]
    archive = index_handler.archive()
    assert isinstance(archive, S3Archive)
    assert len(list(archive.keys("batches/"))) == 1
    tables = index_handler.index_progress()._progress
    assert (tables.get("indexed#acme", "latest") or {})["received_at"] == 1_795_000_000_000


def test_indexing_takes_in_who_is_who(aws: None, context: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    accepting = Accepting()
    accepting.send_json({"id": "e1", "action": "signup", "actor": {"id": "ann", "anonymous_id": "browser"}})
    payload = sample("index_events/two_messages")[0]
    payload["Records"] = [payload["Records"][0] | {"body": write_message(accepting.queue.batches[0])}]
    monkeypatch.setattr(index_handler, "event_index", MemoryEventIndex)
    for _ in range(2):
        assert index_handler.lambda_handler(payload, context) == {"batchItemFailures": []}
    identities = index_handler.claim_taking().identities
    assert identities.people("acme", ["browser"]) == {"browser": "ann"}
    assert dict(identities.merged("acme")) == {"browser": "ann"}
    found = boto3.client("sqs").receive_message(
        QueueUrl=index_handler.settings().attribution_queue_url, MaxNumberOfMessages=10
    )
    told = [read_changed(message["Body"]) for message in found["Messages"]]
    assert [(one.tenant, sorted(one.actors), one.since) for one in told] == [("acme", ["ann", "browser"], 0)]
