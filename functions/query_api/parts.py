"""What queries are made of, built on first use and kept for the container's life."""

import os
import time
from functools import cache
from typing import Any

import orjson
from aws_lambda_powertools.event_handler import Response
from touchline.adapters.aws_client import aws_client
from touchline.adapters.dynamodb.api_keys import DynamoDbApiKeys
from touchline.adapters.dynamodb.progress import DynamoDbProgress
from touchline.adapters.dynamodb.tenants import DynamoDbTenants
from touchline.adapters.environment import read_settings
from touchline.adapters.memory.event_columns import MemoryEventColumns
from touchline.adapters.memory.goals import MemoryGoals
from touchline.adapters.memory.spend_sheets import MemorySpendSheets
from touchline.adapters.opensearch.client import connect
from touchline.adapters.opensearch.event_reports import OpenSearchEventReports
from touchline.adapters.opensearch.event_search import OpenSearchEventSearch
from touchline.adapters.sqs import SqsEventQueue
from touchline.ports import EventQueue, EventReports, Progress
from touchline.services.authenticate import KeyRing
from touchline.services.freshness import Freshness
from touchline.services.sources import Sources

from query_api.settings import Settings

# API Gateway gives up after 30 s; the caller should rather hear our reason than its.
SEARCH_TIMEOUT_SECONDS = 25


@cache
def settings() -> Settings:
    return read_settings(Settings)


@cache
def key_ring() -> KeyRing:
    tables = aws_client("dynamodb")
    keys = DynamoDbApiKeys(tables, settings().api_keys_table)
    return KeyRing(keys, DynamoDbTenants(tables, settings().tenants_table))


@cache
def reports() -> EventReports:
    client = connect(
        settings().search_endpoint,
        region=os.environ["AWS_REGION"],  # set by the runtime
        timeout_seconds=SEARCH_TIMEOUT_SECONDS,
    )
    return OpenSearchEventReports(OpenSearchEventSearch(client))


@cache
def progress() -> Progress:
    return DynamoDbProgress(aws_client("dynamodb"), settings().progress_table)


@cache
def queue() -> EventQueue:
    return SqsEventQueue(aws_client("sqs"), settings().events_queue_url)


@cache
def sources() -> Sources:
    return Sources(reports(), Freshness(progress()), MemoryEventColumns(), MemoryGoals(), MemorySpendSheets())


def now() -> int:
    """Epoch ms."""
    return time.time_ns() // 1_000_000


def json_answer(facts: dict[str, Any]) -> Response[str]:
    """As it is: our own answers need no validation, which would cost more than the answer."""
    return Response(200, "application/json", orjson.dumps(facts).decode())
