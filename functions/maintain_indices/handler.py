"""Daily: days past their retention are dropped; days that are over and quiet are merged and closed for writing.

Sample payload: events/maintain_indices/daily.json
"""

import os
import time
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from touchline.adapters.environment import read_settings
from touchline.adapters.opensearch.client import connect
from touchline.adapters.opensearch.day_indices import OpenSearchDayIndices
from touchline.ports import DayIndices
from touchline.services.maintain_indices import Retention, maintain_indices

from maintain_indices.settings import Settings

# A merge of a large day takes minutes; one is begun only with this much of the function's time left.
MERGE_SECONDS = 400

logger, metrics = Logger(), Metrics()


@cache
def settings() -> Settings:
    return read_settings(Settings)


@cache
def indices() -> DayIndices:
    client = connect(settings().search_endpoint, region=os.environ["AWS_REGION"], timeout_seconds=MERGE_SECONDS - 20)
    return OpenSearchDayIndices(client)


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    now = time.time_ns() // 1_000_000
    done = maintain_indices(
        indices(),
        Retention(
            settings().event_retention_days,
            settings().rejected_retention_days,
            settings().conversion_retention_days,
        ),
        today=datetime.fromtimestamp(now / 1000, UTC).date(),
        now=now,
        has_time=lambda: context.get_remaining_time_in_millis() > MERGE_SECONDS * 1000,
    )
    for step, names in asdict(done).items():
        metrics.add_metric(f"Indices{step.title()}", MetricUnit.Count, len(names))
    logger.info("indices maintained", **asdict(done))
    return asdict(done)
