"""What management is made of, built on first use and kept for the container's life."""

import base64
import os
import secrets
import time
from decimal import Decimal
from functools import cache
from typing import Any

from touchline.adapters.attribution_queue import SqsAttributionQueue
from touchline.adapters.aws_client import aws_client
from touchline.adapters.dynamodb.api_keys import DynamoDbApiKeys
from touchline.adapters.dynamodb.goals import DynamoDbGoals
from touchline.adapters.dynamodb.identities import DynamoDbIdentities
from touchline.adapters.dynamodb.progress import DynamoDbProgress
from touchline.adapters.dynamodb.tenants import DynamoDbTenants
from touchline.adapters.environment import read_settings
from touchline.adapters.opensearch.client import connect
from touchline.adapters.opensearch.event_reports import OpenSearchEventReports
from touchline.adapters.opensearch.event_search import OpenSearchEventSearch
from touchline.adapters.opensearch.rejected import OpenSearchRejectedEvents
from touchline.adapters.packing import ZstdPacking
from touchline.adapters.request_body import JsonEventBodies
from touchline.adapters.s3 import S3Archive
from touchline.adapters.spend_sheets import ArchivedSpendSheets
from touchline.adapters.sqs import SqsEventQueue
from touchline.adapters.step_functions import StepFunctionsWorkflows
from touchline.domain.api_keys import ID_BYTES, SECRET_BYTES, PresentedKey
from touchline.domain.queries.measures import amount_text
from touchline.domain.tenancy import Tenant
from touchline.ports import (
    ApiKeys,
    AttributionQueue,
    EventQueue,
    EventReports,
    Goals,
    Identities,
    Progress,
    RejectedEvents,
    SpendSheets,
    Workflows,
)
from touchline.services.authenticate import KeyRing
from touchline.services.manage_identities import Managing
from touchline.services.replay_rejected import Replaying

from manage_api.settings import Settings

SEARCH_TIMEOUT_SECONDS = 15  # API Gateway gives up after 30 s, and a replay searches twice
FREE_SLOTS = 990_000


@cache
def settings() -> Settings:
    return read_settings(Settings)


@cache
def api_keys() -> ApiKeys:
    return DynamoDbApiKeys(aws_client("dynamodb"), settings().api_keys_table)


@cache
def key_ring() -> KeyRing:
    return KeyRing(api_keys(), DynamoDbTenants(aws_client("dynamodb"), settings().tenants_table))


@cache
def rejected_events() -> RejectedEvents:
    endpoint = settings().search_endpoint
    client = connect(endpoint, region=os.environ["AWS_REGION"], timeout_seconds=SEARCH_TIMEOUT_SECONDS)
    return OpenSearchRejectedEvents(client)


@cache
def event_queue() -> EventQueue:
    return SqsEventQueue(aws_client("sqs"), settings().events_queue_url)


@cache
def spend_sheets() -> SpendSheets:
    return ArchivedSpendSheets(S3Archive(aws_client("s3"), settings().archive_bucket))


@cache
def identities() -> Identities:
    return DynamoDbIdentities(aws_client("dynamodb"), settings().identities_table)


@cache
def attribution_queue() -> AttributionQueue:
    return SqsAttributionQueue(aws_client("sqs"), settings().attribution_queue_url)


@cache
def goals() -> Goals:
    return DynamoDbGoals(aws_client("dynamodb"), settings().goals_table)


@cache
def progress() -> Progress:
    return DynamoDbProgress(aws_client("dynamodb"), settings().progress_table)


@cache
def backfills() -> Workflows:
    return StepFunctionsWorkflows(aws_client("stepfunctions"), settings().backfill_machine_arn)


@cache
def reports() -> EventReports:
    endpoint = settings().search_endpoint
    client = connect(endpoint, region=os.environ["AWS_REGION"], timeout_seconds=SEARCH_TIMEOUT_SECONDS)
    return OpenSearchEventReports(OpenSearchEventSearch(client))


def managing_identities(tenant: Tenant) -> Managing:
    return Managing(identities(), attribution_queue(), tenant, now())


def now() -> int:
    return time.time_ns() // 1_000_000


def draw_key() -> PresentedKey:
    return PresentedKey(secrets.token_hex(ID_BYTES), draw_secret())


def draw_id() -> str:
    """64 random bits: enough to tell a tenant's own things apart, and short enough to be read out."""
    return secrets.token_hex(8)


def draw_secret() -> str:
    return secrets.token_urlsafe(SECRET_BYTES)


def replaying(tenant: Tenant) -> Replaying:
    return Replaying(
        rejected=rejected_events(),
        bodies=JsonEventBodies(),
        packing=ZstdPacking(),
        queue=event_queue(),
        tenant=tenant,
        now=now(),
        first_slot=secrets.randbelow(FREE_SLOTS),
        max_age_days=settings().event_max_age_days,
    )


def amount(amount_e4: int) -> str:
    return amount_text(Decimal(amount_e4))


def body_of(router: Any) -> bytes:
    """As it came, whatever it is."""
    event = router.current_event
    body: str = event.body or ""
    return base64.b64decode(body) if event.is_base64_encoded else body.encode()
