"""Tenants, keys, rate limits and progress: one contract for memory and DynamoDB."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws
from touchline.adapters.aws_errors import as_our_errors
from touchline.adapters.dynamodb.api_keys import DynamoDbApiKeys
from touchline.adapters.dynamodb.progress import DynamoDbProgress
from touchline.adapters.dynamodb.rate_limits import DynamoDbRateLimits
from touchline.adapters.dynamodb.tenants import DynamoDbTenants
from touchline.adapters.memory.progress import MemoryProgress
from touchline.adapters.memory.rate_limits import MemoryRateLimits
from touchline.adapters.memory.tenants import MemoryApiKeys, MemoryTenants
from touchline.domain.tenancy import ApiKey, Tenant
from touchline.errors import Conflict, StoreUnavailable
from touchline.ports import ApiKeys, Progress, RateLimits, Tenants

ACME = Tenant("acme", "Acme", "keep", b"\x00\xff" * 16, 1_000, "Europe/Berlin", "sunday", 1_795_000_000_000)
KEY = ApiKey("k1", "acme", "site", frozenset({"ingest", "read"}), "ab" * 32, 1_795_000_000_000)


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("dynamodb")
        _create(client, "tenants", [("tenant", "S")])
        _create(client, "keys", [("key_id", "S")], index=[("tenant", "S"), ("created_at", "N")])
        _create(client, "rates", [("window", "S")])
        _create(client, "progress", [("pk", "S"), ("sk", "S")])
        yield client


def _create(client: Any, table: str, keys: list[tuple[str, str]], index: list[tuple[str, str]] | None = None) -> None:
    indices = {"IndexName": "by_tenant", "KeySchema": _schema(index or []), "Projection": {"ProjectionType": "ALL"}}
    client.create_table(
        TableName=table,
        KeySchema=_schema(keys),
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in keys + (index or [])],
        BillingMode="PAY_PER_REQUEST",
        **({"GlobalSecondaryIndexes": [indices]} if index else {}),
    )


def _schema(keys: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for (name, _), kind in zip(keys, ("HASH", "RANGE"), strict=False)]


@pytest.fixture(params=["memory", "dynamodb"])
def tenants(request: pytest.FixtureRequest, dynamodb: Any) -> Tenants:
    return MemoryTenants() if request.param == "memory" else DynamoDbTenants(dynamodb, "tenants")


@pytest.fixture(params=["memory", "dynamodb"])
def keys(request: pytest.FixtureRequest, dynamodb: Any) -> ApiKeys:
    return MemoryApiKeys() if request.param == "memory" else DynamoDbApiKeys(dynamodb, "keys")


@pytest.fixture(params=["memory", "dynamodb"])
def limits(request: pytest.FixtureRequest, dynamodb: Any) -> RateLimits:
    return MemoryRateLimits() if request.param == "memory" else DynamoDbRateLimits(dynamodb, "rates")


@pytest.fixture(params=["memory", "dynamodb"])
def progress(request: pytest.FixtureRequest, dynamodb: Any) -> Progress:
    return MemoryProgress() if request.param == "memory" else DynamoDbProgress(dynamodb, "progress")


def test_a_tenant_is_given_back_as_it_was_added(tenants: Tenants) -> None:
    assert tenants.get("acme") is None
    tenants.add(ACME)
    assert tenants.get("acme") == ACME
    with pytest.raises(Conflict):
        tenants.add(ACME)


def test_tenants_are_replaced_and_listed_by_id(tenants: Tenants) -> None:
    other = replace(ACME, id="aaa")
    tenants.add(ACME)
    tenants.add(other)
    tenants.replace(replace(ACME, name="New"))
    assert [(tenant.id, tenant.name) for tenant in tenants.all()] == [("aaa", "Acme"), ("acme", "New")]


def test_a_key_is_given_back_as_it_was_added(keys: ApiKeys) -> None:
    assert keys.get("k1") is None
    keys.add(KEY)
    assert keys.get("k1") == KEY
    with pytest.raises(Conflict):
        keys.add(KEY)
    revoked = replace(KEY, revoked_at=5, expires_at=6, previous_secret_sha256="x", previous_expires_at=7)
    keys.replace(revoked)
    assert keys.get("k1") == revoked


def test_a_revoked_key_cannot_come_back_by_a_change_that_was_begun_before(keys: ApiKeys) -> None:
    keys.add(KEY)
    revoked = replace(KEY, revoked_at=5)
    keys.replace(revoked)
    with pytest.raises(Conflict):
        keys.replace(replace(KEY, secret_sha256="cd" * 32))
    keys.replace(revoked)
    assert keys.get("k1") == revoked


def test_a_tenants_keys_are_its_own_oldest_first(keys: ApiKeys) -> None:
    for number, tenant in ((3, "acme"), (1, "acme"), (2, "other")):
        keys.add(replace(KEY, id=f"k{number}", tenant=tenant, created_at=number))
    assert [key.id for key in keys.of_tenant("acme")] == ["k1", "k3"]


def test_what_was_used_adds_up_per_tenant_and_window(limits: RateLimits) -> None:
    assert [limits.use("acme", 10, 5, 70), limits.use("acme", 10, 7, 70)] == [5, 12]
    assert limits.use("acme", 20, 1, 80) == limits.use("other", 10, 1, 70) == 1


def test_what_was_put_is_read_at_once(dynamodb: Any) -> None:
    """Without it the table may answer from before the latest writing."""
    calls: list[dict[str, Any]] = []
    dynamodb.meta.events.register("provide-client-params.dynamodb", lambda params, **_: calls.append(params))
    progress = DynamoDbProgress(dynamodb, "progress")
    progress.get("runs", "1")
    progress.newest("runs", 1)
    assert [call["ConsistentRead"] for call in calls] == [True, True]


def test_facts_are_given_back_newest_first(progress: Progress) -> None:
    assert progress.get("runs", "2") is None
    facts = {"count": 3, "share": 0.25, "days": [{"day": "x", "ok": True}], "nothing": None}
    for sk in ("1", "3", "2"):
        progress.put("runs", sk, facts)
    kept = {"count": 3, "share": 0.25, "days": [{"day": "x", "ok": True}]}
    assert progress.get("runs", "2") == kept
    assert progress.newest("runs", 2) == [kept | {"sk": "3"}, kept | {"sk": "2"}]
    progress.put("runs", "2", {"count": 4})
    assert progress.get("runs", "2") == {"count": 4}


@pytest.mark.parametrize(
    "fault",
    [
        ClientError({"Error": {"Code": "ThrottlingException"}}, "GetItem"),
        ClientError({"Error": {"Code": "?"}, "ResponseMetadata": {"HTTPStatusCode": 503}}, "GetItem"),  # type: ignore[typeddict-item]
        EndpointConnectionError(endpoint_url="http://x"),
    ],
    ids=["throttled", "server error", "unreachable"],
)
def test_what_a_retry_heals_is_store_unavailable(fault: Exception) -> None:
    with pytest.raises(StoreUnavailable), as_our_errors("The table"):
        raise fault


def test_a_bug_stays_itself() -> None:
    with pytest.raises(ClientError), as_our_errors("The table"):
        raise ClientError({"Error": {"Code": "ValidationException"}}, "GetItem")
