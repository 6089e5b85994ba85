"""What attribution works with, made on first use."""

import os
import time
from functools import cache

from touchline.adapters.attribution_queue import SqsAttributionQueue, read_changed
from touchline.adapters.aws_client import aws_client
from touchline.adapters.dynamodb.goals import DynamoDbGoals
from touchline.adapters.dynamodb.identities import DynamoDbIdentities
from touchline.adapters.dynamodb.progress import DynamoDbProgress
from touchline.adapters.environment import read_settings
from touchline.adapters.opensearch.client import connect
from touchline.adapters.opensearch.conversions import OpenSearchConversionStore
from touchline.adapters.opensearch.person_events import OpenSearchPersonEvents
from touchline.adapters.sqs import SqsRedelivery
from touchline.domain.queries.clock import first_kept
from touchline.ports import Redelivery
from touchline.services.attribute_messages import Attribution
from touchline.services.attribute_people import AttributionParts
from touchline.services.note_attribution_progress import AttributionProgress

from attribute_conversions.settings import Settings

# A search over all kept days for hundreds of people takes a second or so; a node in trouble must not cost everything.
SEARCH_TIMEOUT_SECONDS = 30


@cache
def settings() -> Settings:
    return read_settings(Settings)


@cache
def attribution_parts() -> AttributionParts:
    client = connect(
        settings().search_endpoint,
        region=os.environ["AWS_REGION"],  # set by the runtime
        timeout_seconds=SEARCH_TIMEOUT_SECONDS,
    )
    identities = DynamoDbIdentities(aws_client("dynamodb"), settings().identities_table)
    return AttributionParts(identities, OpenSearchPersonEvents(client), OpenSearchConversionStore(client))


def attribution() -> Attribution:
    return Attribution(
        parts=attribution_parts(),
        goals=DynamoDbGoals(aws_client("dynamodb"), settings().goals_table),
        queue=SqsAttributionQueue(aws_client("sqs"), settings().attribution_queue_url),
        read=read_changed,
        clock=now,
        kept_from=first_kept(now(), settings().event_retention_days),
        delay_ms=settings().attribution_delay_seconds * 1000,
    )


@cache
def attribution_progress() -> AttributionProgress:
    return AttributionProgress(DynamoDbProgress(aws_client("dynamodb"), settings().progress_table))


@cache
def redelivery() -> Redelivery:
    return SqsRedelivery(aws_client("sqs"), settings().attribution_queue_url, settings().dead_letters_url)


def now() -> int:
    """Epoch ms."""
    return time.time_ns() // 1_000_000
