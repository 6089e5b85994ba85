"""Events queue → archive → `_bulk`: forwards what ingest packed; a message in trouble comes again or is set aside.

Sample payload: events/index_events/two_messages.json
"""

import os
import time
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from touchline.adapters.actor_finder import BytesActorFinder
from touchline.adapters.attribution_queue import SqsAttributionQueue
from touchline.adapters.aws_client import aws_client
from touchline.adapters.claim_reader import BulkClaimReader
from touchline.adapters.dynamodb.goals import DynamoDbGoals
from touchline.adapters.dynamodb.identities import DynamoDbIdentities
from touchline.adapters.dynamodb.progress import DynamoDbProgress
from touchline.adapters.environment import read_settings
from touchline.adapters.opensearch.bulk import OpenSearchEventIndex
from touchline.adapters.opensearch.client import connect
from touchline.adapters.packing import ZstdPacking
from touchline.adapters.s3 import S3Archive
from touchline.adapters.sqs import SqsRedelivery
from touchline.errors import StoreUnavailable
from touchline.ports import Archive, EventIndex, Redelivery
from touchline.services.index_batches import AT_ONCE, IndexedMessages, QueueMessage, index_batches
from touchline.services.note_index_progress import IndexProgress
from touchline.services.queue_people import PeopleQueue, WatchedGoals, queue_people
from touchline.services.redeliver_messages import redeliver_messages
from touchline.services.take_claims import ClaimTaking, take_claims

from index_events.settings import Settings

# A bulk request of 5 MB takes a second at most; a node in trouble must not cost the whole invocation.
SEARCH_TIMEOUT_SECONDS = 20
# Who is who is left for another time with so little left of this one's: a portion of claims, and what comes after.
RESERVE_MS = 10_000

logger, metrics = Logger(), Metrics()


@cache
def settings() -> Settings:
    return read_settings(Settings)


@cache
def event_index() -> EventIndex:
    client = connect(
        settings().search_endpoint,
        region=os.environ["AWS_REGION"],  # set by the runtime
        timeout_seconds=SEARCH_TIMEOUT_SECONDS,
        connections=AT_ONCE,
    )
    return OpenSearchEventIndex(client)


@cache
def archive() -> Archive:
    return S3Archive(aws_client("s3"), settings().archive_bucket)


@cache
def redelivery() -> Redelivery:
    return SqsRedelivery(aws_client("sqs"), settings().events_queue_url, settings().dead_letters_url)


@cache
def people_queue() -> PeopleQueue:
    goals = DynamoDbGoals(aws_client("dynamodb"), settings().goals_table)
    return PeopleQueue(
        WatchedGoals(goals, settings().goals_kept_seconds * 1000),
        BytesActorFinder(),
        SqsAttributionQueue(aws_client("sqs"), settings().attribution_queue_url),
        settings().attribution_delay_seconds * 1000,
    )


@cache
def claim_taking() -> ClaimTaking:
    identities = DynamoDbIdentities(aws_client("dynamodb"), settings().identities_table)
    return ClaimTaking(BulkClaimReader(), identities, people_queue().queue)


@cache
def index_progress() -> IndexProgress:
    return IndexProgress(DynamoDbProgress(aws_client("dynamodb"), settings().progress_table))


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    messages = [_message(record) for record in event["Records"]]
    done = index_batches(messages, packing=ZstdPacking(), archive=archive(), index=event_index(), now=_now())
    came_before = {message.id for message in messages if message.receives > 1}
    done.returned |= take_claims(
        done.indexed, came_before, claim_taking(), lambda: context.get_remaining_time_in_millis() > RESERVE_MS
    )
    done.returned |= queue_people(done.indexed, people_queue(), _now())
    kept = redeliver_messages(messages, done, redelivery()) if done.returned or done.poisoned else {}
    _tell(done, kept, _now())
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in kept]}


def _now() -> int:
    return time.time_ns() // 1_000_000


def _message(record: dict[str, Any]) -> QueueMessage:
    receives = int(record["attributes"]["ApproximateReceiveCount"])
    return QueueMessage(record["messageId"], record["body"], record["receiptHandle"], receives)


def _tell(done: IndexedMessages, kept: dict[str, str], now: int) -> None:
    metrics.add_metric("EventsIndexed", MetricUnit.Count, done.counts["created"])
    metrics.add_metric("DuplicatesIgnored", MetricUnit.Count, done.counts["duplicate"])
    metrics.add_metric("EventsRefused", MetricUnit.Count, done.counts["refused"])
    metrics.add_metric("MessagesReturned", MetricUnit.Count, len(kept))
    metrics.add_metric("MessagesPoisoned", MetricUnit.Count, len(done.poisoned))
    if done.oldest_received_at is not None:
        metrics.add_metric("IndexLag", MetricUnit.Milliseconds, max(0, now - done.oldest_received_at))
    for message_id, reason in kept.items():
        logger.warning("message returned to its queue", message_id=message_id, reason=reason)
    for message_id in done.poisoned.keys() - kept.keys():
        logger.error("message set aside", message_id=message_id, reason=done.poisoned[message_id])
    try:
        index_progress().note(done.newest, now)
    except StoreUnavailable as error:
        # The events are indexed; sending them again for a status line would only add load.
        logger.warning("progress not noted", reason=str(error))
