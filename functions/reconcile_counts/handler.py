"""Daily: archive and index hold the same counts, or a report in the bucket says where they differ.

Input: `{}`; `{"days": 7}` to look less far back; `{"settle_minutes": 0}` where nothing is being sent, for instance
right after a replay. Sample payload: events/reconcile_counts/daily.json
"""

import os
import time
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from itertools import groupby
from typing import Any

import orjson
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from touchline.adapters.aws_client import aws_client
from touchline.adapters.batches import ArchivedBatches
from touchline.adapters.duckdb.event_files import DuckDbEventFiles
from touchline.adapters.dynamodb.progress import DynamoDbProgress
from touchline.adapters.environment import read_settings
from touchline.adapters.opensearch.client import connect
from touchline.adapters.opensearch.event_counts import OpenSearchEventCounts
from touchline.adapters.s3 import S3Archive
from touchline.ports import Archive, EventCounts, Progress
from touchline.services.reconcile_counts import SETTLE_MINUTES, Reconciliation, reconcile_counts

from reconcile_counts.settings import Settings

DAYS = 35
MINUTE_MS = 60_000
DIFFERENCES_KEPT = 100  # of a tenant, for its status page; the report in the bucket has them all

logger, metrics = Logger(), Metrics()


@cache
def settings() -> Settings:
    return read_settings(Settings)


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
        settle_ms=int(event.get("settle_minutes", SETTLE_MINUTES)) * MINUTE_MS,
    )
    return _report(found, at)


def _report(found: Reconciliation, at: datetime) -> dict[str, Any]:
    key = f"reconciliation/{at:%Y-%m-%dT%H%M%S}.json"
    archive().put(key, orjson.dumps(asdict(found)))
    facts = asdict(found) | {"differences": len(found.differences), "report": key}
    sort_key = at.isoformat(timespec="milliseconds")
    # Each tenant's differences by themselves, and first: a status page that finds the run must find them, too.
    for tenant, own in groupby(found.differences, key=lambda one: one.tenant):
        kept = [asdict(one) for one in own]
        progress().put(f"reconciliation#{tenant}", sort_key, {"found": len(kept), "kept": kept[:DIFFERENCES_KEPT]})
    progress().put("reconciliation", sort_key, facts)
    metrics.add_metric("ReconciliationDifferences", MetricUnit.Count, len(found.differences))
    logger.info("reconciled", **facts)
    return facts
