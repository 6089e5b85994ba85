"""Daily: archive and index hold the same counts, or a report in the bucket says where they differ.

Input: `{}`, or `{"days": 7}`. Sample payload: events/reconcile_counts/daily.json
"""

import os
import time
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from touchline.adapters.aws_client import aws_client
from touchline.adapters.batches import ArchivedBatches
from touchline.adapters.duckdb.event_files import DuckDbEventFiles
from touchline.adapters.dynamodb.progress import DynamoDbProgress
from touchline.adapters.opensearch.client import connect
from touchline.adapters.opensearch.event_counts import OpenSearchEventCounts
from touchline.adapters.s3 import S3Archive
from touchline.ports import Archive, EventCounts, Progress
from touchline.services.reconcile_counts import Reconciliation, reconcile_counts

from reconcile_counts.settings import Settings

DAYS = 35

logger, metrics = Logger(), Metrics()


@cache
def settings() -> Settings:
    return Settings()


@cache
def archive() -> Archive:
    return S3Archive(aws_client("s3"), settings().archive_bucket)


@cache
def counts() -> EventCounts:
    client = connect(settings().search_endpoint, region=os.environ["AWS_REGION"], timeout_seconds=60)
    return OpenSearchEventCounts(client)


@cache
def progress() -> Progress:
    return DynamoDbProgress(aws_client("dynamodb"), settings().progress_table)


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    now = time.time_ns() // 1_000_000
    at = datetime.fromtimestamp(now / 1000, UTC)
    found = reconcile_counts(
        archive(),
        ArchivedBatches(archive()),
        DuckDbEventFiles(),
        counts(),
        today=at.date(),
        days=int(event.get("days", DAYS)),
        now=now,
    )
    return _report(found, at)


def _report(found: Reconciliation, at: datetime) -> dict[str, Any]:
    key = f"reconciliation/{at:%Y-%m-%dT%H%M%S}.json"
    archive().put(key, orjson.dumps(asdict(found)))
    facts = asdict(found) | {"differences": len(found.differences), "report": key}
    progress().put("reconciliation", at.isoformat(timespec="milliseconds"), facts)
    metrics.add_metric("ReconciliationDifferences", MetricUnit.Count, len(found.differences))
    logger.info("reconciled", **facts)
    return facts
