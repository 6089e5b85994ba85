"""Requests as API Gateway hands them over, and AWS in memory for the handlers' real adapters."""

import base64
import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from touchline.adapters import aws_client

type HttpRequest = dict[str, Any]

TABLES = {
    "Tenants": [("tenant", "HASH")],
    "ApiKeys": [("key_id", "HASH")],
    "RateLimits": [("window", "HASH")],
    "Idempotency": [("id", "HASH")],
    "Progress": [("pk", "HASH"), ("sk", "RANGE")],
    "Identities": [("node", "HASH")],
    "Goals": [("tenant", "HASH"), ("sk", "RANGE")],
}
INDICES = {"ApiKeys": ("by_tenant", "tenant", "created_at"), "Identities": ("changes", "shard", "changed")}
NUMBERS = {"created_at", "changed"}
ENVIRONMENT = {
    "TENANTS_TABLE": "Tenants",
    "API_KEYS_TABLE": "ApiKeys",
    "RATE_LIMITS_TABLE": "RateLimits",
    "IDEMPOTENCY_TABLE": "Idempotency",
    "PROGRESS_TABLE": "Progress",
    "GOALS_TABLE": "Goals",
    "IDENTITIES_TABLE": "Identities",
    "ATTRIBUTION_DELAY_SECONDS": "20",
    "GOALS_KEPT_SECONDS": "30",
    "EVENT_RETENTION_DAYS": "400",
    "BACKFILL_MACHINE_ARN": "arn:aws:states:us-east-1:111122223333:stateMachine:backfill",
    "ARCHIVE_BUCKET": "archive",
    "SEARCH_ENDPOINT": "http://search.invalid",
    "DEAD_LETTERS_URL": "http://dead-letters.invalid",
}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All tables, the queue and the bucket, empty."""
    aws_client.aws_client.cache_clear()
    with mock_aws():
        tables = boto3.client("dynamodb")
        for name, keys in TABLES.items():
            create_table(tables, name, keys)
        queue = boto3.client("sqs").create_queue(QueueName="events")["QueueUrl"]
        boto3.client("s3").create_bucket(Bucket="archive")
        attribution = boto3.client("sqs").create_queue(QueueName="attribution")["QueueUrl"]
        urls = {"EVENTS_QUEUE_URL": queue, "ATTRIBUTION_QUEUE_URL": attribution}
        for name, value in (ENVIRONMENT | urls).items():
            monkeypatch.setenv(name, value)
        yield
    aws_client.aws_client.cache_clear()


def create_table(tables: Any, name: str, keys: list[tuple[str, str]]) -> None:
    more: dict[str, Any] = {}
    attributes = [attribute for attribute, _ in keys]
    if name in INDICES:
        index_name, *index_keys = INDICES[name]
        schema = [
            {"AttributeName": key, "KeyType": kind} for key, kind in zip(index_keys, ("HASH", "RANGE"), strict=True)
        ]
        index = {"IndexName": index_name, "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}}
        more = {"GlobalSecondaryIndexes": [index]}
        attributes += index_keys
    tables.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": attribute, "KeyType": kind} for attribute, kind in keys],
        AttributeDefinitions=[
            {"AttributeName": attribute, "AttributeType": "N" if attribute in NUMBERS else "S"}
            for attribute in attributes
        ],
        BillingMode="PAY_PER_REQUEST",
        **more,
    )


@pytest.fixture
def context() -> Any:
    return SimpleNamespace(
        function_name="test",
        function_version="1",
        memory_limit_in_mb=256,
        invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:test",
        aws_request_id="request-1",
        get_remaining_time_in_millis=lambda: 30_000,
    )


@pytest.fixture
def request_of() -> Callable[..., HttpRequest]:
    def request(
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        headers: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
    ) -> HttpRequest:
        is_binary = isinstance(body, bytes)
        text = base64.b64encode(body).decode() if isinstance(body, bytes) else json.dumps(body)
        sent = {"content-type": "application/json", **({"authorization": f"Bearer {key}"} if key else {})}
        return {
            "version": "2.0",
            "routeKey": f"{method} {path}",
            "rawPath": path,
            "rawQueryString": "&".join(f"{name}={value}" for name, value in (query or {}).items()),
            "queryStringParameters": query or {},
            "headers": sent | (headers or {}),
            "requestContext": {"http": {"method": method, "path": path}, "requestId": "r", "stage": "$default"},
            "body": None if body is None else text,
            "isBase64Encoded": is_binary,
        }

    return request
