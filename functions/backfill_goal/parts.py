"""What the steps of a backfill work with, made on first use."""

import os
import time
from functools import cache

from touchline.adapters.aws_client import aws_client
from touchline.adapters.columns.opening import open_event_columns
from touchline.adapters.dynamodb.goals import DynamoDbGoals
from touchline.adapters.dynamodb.identities import DynamoDbIdentities
from touchline.adapters.dynamodb.progress import DynamoDbProgress
from touchline.adapters.environment import read_settings
from touchline.adapters.opensearch.client import connect
from touchline.adapters.opensearch.conversions import OpenSearchConversionStore
from touchline.adapters.opensearch.person_events import OpenSearchPersonEvents
from touchline.adapters.s3 import S3Archive
from touchline.domain.queries.clock import first_kept
from touchline.ports import EventColumns
from touchline.services.attribute_people import AttributionParts
from touchline.services.backfill_goal import Backfilling

from backfill_goal.settings import Settings

SEARCH_TIMEOUT_SECONDS = 60


@cache
def settings() -> Settings:
    return read_settings(Settings)


@cache
def identities() -> DynamoDbIdentities:
    return DynamoDbIdentities(aws_client("dynamodb"), settings().identities_table)


@cache
def attribution() -> AttributionParts:
    client = connect(
        settings().search_endpoint,
        region=os.environ["AWS_REGION"],  # set by the runtime
        timeout_seconds=SEARCH_TIMEOUT_SECONDS,
    )
    return AttributionParts(identities(), OpenSearchPersonEvents(client), OpenSearchConversionStore(client))


@cache
def columns() -> EventColumns:
    return open_event_columns(S3Archive(aws_client("s3"), settings().archive_bucket), identities().merged, now)


def backfilling() -> Backfilling:
    tables = aws_client("dynamodb")
    return Backfilling(
        goals=DynamoDbGoals(tables, settings().goals_table),
        columns=columns(),
        progress=DynamoDbProgress(tables, settings().progress_table),
        attribution=attribution(),
        clock=now,
        kept_from=first_kept(now(), settings().event_retention_days),
    )


def now() -> int:
    """Epoch ms."""
    return time.time_ns() // 1_000_000
