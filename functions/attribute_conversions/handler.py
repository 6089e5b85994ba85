"""Attribution queue → the people's conversions, credits and memberships, computed anew and brought in line.

Sample payload: events/attribute_conversions/two_messages.json
"""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from touchline.errors import StoreUnavailable
from touchline.services.attribute_messages import AttributedMessages, attribute_messages
from touchline.services.index_batches import QueueMessage
from touchline.services.redeliver_messages import redeliver_messages

from attribute_conversions.parts import attribution, attribution_progress, now, redelivery

logger, metrics = Logger(), Metrics()


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    messages = [_message(record) for record in event["Records"]]
    done = attribute_messages(messages, attribution())
    kept = redeliver_messages(messages, done, redelivery()) if done.returned or done.poisoned else {}
    sent = {record["messageId"]: int(record["attributes"]["SentTimestamp"]) for record in event["Records"]}
    _tell(done, kept, now() - min(sent.values()))
    _note(done, sent)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in kept]}


def _message(record: dict[str, Any]) -> QueueMessage:
    receives = int(record["attributes"]["ApproximateReceiveCount"])
    return QueueMessage(record["messageId"], record["body"], record["receiptHandle"], receives)


def _note(done: AttributedMessages, sent: dict[str, int]) -> None:
    oldest = {tenant: min(sent[one] for one in messages) for tenant, messages in done.tenants.items()}
    try:
        attribution_progress().note(oldest, now())
    except StoreUnavailable as error:
        # The conversions are written; computing them again for a status line would only add load.
        logger.warning("progress not noted", reason=str(error))


def _tell(done: AttributedMessages, kept: dict[str, str], lag_ms: int) -> None:
    total = done.total
    metrics.add_metric("PeopleAttributed", MetricUnit.Count, total.people)
    metrics.add_metric("ConversionsWritten", MetricUnit.Count, total.written)
    metrics.add_metric("ConversionsDeleted", MetricUnit.Count, total.deleted)
    metrics.add_metric("MessagesReturned", MetricUnit.Count, len(kept))
    metrics.add_metric("MessagesPoisoned", MetricUnit.Count, len(done.poisoned))
    metrics.add_metric("AttributionLag", MetricUnit.Milliseconds, max(0, lag_ms))
    if total.cut:
        logger.warning("of some people only the first events count, for they have too many", people=total.cut)
    for message_id, reason in kept.items():
        logger.warning("message returned to its queue", message_id=message_id, reason=reason)
    for message_id in done.poisoned.keys() - kept.keys():
        logger.error("message set aside", message_id=message_id, reason=done.poisoned[message_id])
