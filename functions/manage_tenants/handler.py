"""Tenants and their first keys, for an operator who may invoke this function. It has no route.

Sample payload: events/manage_tenants/create.json
"""

import secrets
import time
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Literal

from aws_lambda_powertools import Logger
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from touchline.adapters.aws_client import aws_client
from touchline.adapters.dynamodb.api_keys import DynamoDbApiKeys
from touchline.adapters.dynamodb.tenants import DynamoDbTenants
from touchline.adapters.environment import read_settings
from touchline.domain.api_keys import ID_BYTES, SECRET_BYTES, PresentedKey
from touchline.domain.tenancy import EmailPolicy, Scope, Tenant
from touchline.errors import InvalidRequest
from touchline.ports import ApiKeys, Tenants
from touchline.services.manage_keys import IssuedKey
from touchline.services.manage_tenants import EMAIL_KEY_BYTES, create_tenant, create_tenant_key

from manage_tenants.settings import Settings

EVENTS_PER_SECOND = 1_000

logger = Logger()


class Operation(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Create(Operation):
    operation: Literal["create"]
    tenant: str
    name: Annotated[str, Field(min_length=1)]
    email_policy: EmailPolicy = "hash"
    events_per_second: int = EVENTS_PER_SECOND
    time_zone: str = "UTC"
    week_starts_on: Literal["monday", "sunday"] = "monday"


class CreateKey(Operation):
    operation: Literal["create_key"]
    tenant: str
    name: Annotated[str, Field(min_length=1)]
    scopes: Annotated[list[Scope], Field(min_length=1)]


class List(Operation):
    operation: Literal["list"]


OPERATIONS: TypeAdapter[Create | CreateKey | List] = TypeAdapter(
    Annotated[Create | CreateKey | List, Field(discriminator="operation")]
)


@cache
def settings() -> Settings:
    return read_settings(Settings)


@cache
def tenants() -> Tenants:
    return DynamoDbTenants(aws_client("dynamodb"), settings().tenants_table)


@cache
def api_keys() -> ApiKeys:
    return DynamoDbApiKeys(aws_client("dynamodb"), settings().api_keys_table)


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Raises a TouchlineError, which the invoker sees with its message. Answers hold secrets: they are never logged."""
    operation = _read(event)
    logger.info("tenants managed", operation=operation.operation)
    match operation:
        case Create():
            return _create(operation)
        case CreateKey():
            return _create_key(operation)
        case List():
            return {"tenants": [_shown(tenant) for tenant in tenants().all()]}


def _read(event: dict[str, Any]) -> Create | CreateKey | List:
    try:
        return OPERATIONS.validate_python(event)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc'])) or 'operation'}: {fault['msg']}" for fault in error.errors()]
        raise InvalidRequest("; ".join(faults)) from error


def _create(wanted: Create) -> dict[str, Any]:
    tenant = Tenant(
        id=wanted.tenant,
        name=wanted.name,
        email_policy=wanted.email_policy,
        email_key=secrets.token_bytes(EMAIL_KEY_BYTES),
        events_per_second=wanted.events_per_second,
        time_zone=wanted.time_zone,
        week_starts_on=wanted.week_starts_on,
        created_at=_now(),
    )
    issued = create_tenant(tenants(), api_keys(), tenant, _draw_key)
    return {"tenant": _shown(tenant), "keys": {next(iter(key.key.scopes)): key.text for key in issued}}


def _create_key(wanted: CreateKey) -> dict[str, Any]:
    issued: IssuedKey = create_tenant_key(
        tenants(),
        api_keys(),
        wanted.tenant,
        name=wanted.name,
        scopes=wanted.scopes,
        now=_now(),
        drawn=_draw_key(),
    )
    return {"id": issued.key.id, "scopes": sorted(issued.key.scopes), "key": issued.text}


def _shown(tenant: Tenant) -> dict[str, Any]:
    """Without the e-mail key, which never leaves."""
    return {
        "id": tenant.id,
        "name": tenant.name,
        "email_policy": tenant.email_policy,
        "events_per_second": tenant.events_per_second,
        "time_zone": tenant.time_zone,
        "week_starts_on": tenant.week_starts_on,
        "created_at": datetime.fromtimestamp(tenant.created_at / 1000, UTC).isoformat(),
    }


def _draw_key() -> PresentedKey:
    return PresentedKey(secrets.token_hex(ID_BYTES), secrets.token_urlsafe(SECRET_BYTES))


def _now() -> int:
    return time.time_ns() // 1_000_000
