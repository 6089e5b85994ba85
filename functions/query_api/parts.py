"""What queries are made of, built on first use and kept for the container's life."""

import os
import secrets
import time
from functools import cache
from typing import Any

import orjson
from aws_lambda_powertools.event_handler import Response
from touchline.adapters.aws_client import aws_client, linking_s3_client
from touchline.adapters.columns.opening import open_event_columns
from touchline.adapters.dynamodb.answers import DynamoDbAnswers
from touchline.adapters.dynamodb.api_keys import DynamoDbApiKeys
from touchline.adapters.dynamodb.goals import DynamoDbGoals
from touchline.adapters.dynamodb.identities import DynamoDbIdentities
from touchline.adapters.dynamodb.progress import DynamoDbProgress
from touchline.adapters.dynamodb.reports import DynamoDbReports
from touchline.adapters.dynamodb.tenants import DynamoDbTenants
from touchline.adapters.environment import read_settings
from touchline.adapters.opensearch.client import connect
from touchline.adapters.opensearch.conversion_reports import OpenSearchConversionReports
from touchline.adapters.opensearch.event_reports import OpenSearchEventReports
from touchline.adapters.opensearch.event_search import OpenSearchEventSearch
from touchline.adapters.s3 import S3Archive
from touchline.adapters.s3_results import S3Results
from touchline.adapters.spend_sheets import ArchivedSpendSheets
from touchline.adapters.sqs import SqsEventQueue
from touchline.adapters.sqs_jobs import SqsJobs
from touchline.ports import EventColumns, EventQueue, EventReports, EventSearch, Progress, Reports, Results, Tenants
from touchline.services.answer_later import Desk
from touchline.services.attributed_head import Backfills
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
def tenants() -> Tenants:
    return DynamoDbTenants(aws_client("dynamodb"), settings().tenants_table)


@cache
def key_ring() -> KeyRing:
    return KeyRing(DynamoDbApiKeys(aws_client("dynamodb"), settings().api_keys_table), tenants())


@cache
def search() -> EventSearch:
    client = connect(
        settings().search_endpoint,
        region=os.environ["AWS_REGION"],  # set by the runtime
        timeout_seconds=SEARCH_TIMEOUT_SECONDS,
    )
    return OpenSearchEventSearch(client)


@cache
def reports() -> EventReports:
    return OpenSearchEventReports(search(), settings().event_retention_days)


@cache
def progress() -> Progress:
    return DynamoDbProgress(aws_client("dynamodb"), settings().progress_table)


@cache
def queue() -> EventQueue:
    return SqsEventQueue(aws_client("sqs"), settings().events_queue_url)


@cache
def columns() -> EventColumns:
    identities = DynamoDbIdentities(aws_client("dynamodb"), settings().identities_table)
    return open_event_columns(S3Archive(aws_client("s3"), settings().archive_bucket), identities.merged, now)


@cache
def sources() -> Sources:
    return Sources(
        reports(),
        Freshness(progress()),
        columns(),
        DynamoDbGoals(aws_client("dynamodb"), settings().goals_table),
        ArchivedSpendSheets(S3Archive(aws_client("s3"), settings().archive_bucket)),
        OpenSearchConversionReports(search()),
        Backfills(progress()),
    )


@cache
def jobs() -> SqsJobs:
    return SqsJobs(aws_client("sqs"), settings().answers_queue_url)


@cache
def results() -> Results:
    return S3Results(linking_s3_client(), settings().results_bucket)


@cache
def desk() -> Desk:
    return Desk(DynamoDbAnswers(aws_client("dynamodb"), settings().answers_table), jobs(), results())


@cache
def saved_reports() -> Reports:
    return DynamoDbReports(aws_client("dynamodb"), settings().reports_table)


def new_id() -> str:
    """128 random bits: whoever has the id was given it."""
    return secrets.token_hex(16)


def now() -> int:
    """Epoch ms."""
    return time.time_ns() // 1_000_000


def json_answer(facts: dict[str, Any]) -> Response[str]:
    """As it is: our own answers need no validation, which would cost more than the answer."""
    return Response(200, "application/json", orjson.dumps(facts).decode())
