"""The least that a function of this kind can do: Powertools, JSON parsed, the same bytes sent on."""

from functools import cache
from typing import Any

import boto3
import orjson
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

logger, metrics = Logger(), Metrics()


@cache
def queue() -> Any:
    return boto3.client("sqs")


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    events = orjson.loads(event["body"])["events"]
    metrics.add_metric("EventsAccepted", MetricUnit.Count, len(events))
    queue().send_message(QueueUrl="bench", MessageBody=event["body"])
    return {"statusCode": 202, "headers": {"Content-Type": "application/json"}, "body": "{}"}
