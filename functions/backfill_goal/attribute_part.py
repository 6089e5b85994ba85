"""Step 2, for each part: the conversions and memberships of its people.

Sample payload: events/backfill_goal/attribute_part.json
"""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from touchline.services.backfill_goal import attribute_part

from backfill_goal.parts import backfilling

logger, metrics = Logger(), Metrics()


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    done = attribute_part(backfilling(), event)
    metrics.add_metric("PeopleBackfilled", MetricUnit.Count, done.get("people", 0))
    metrics.add_metric("ConversionsBackfilled", MetricUnit.Count, done.get("conversions", 0))
    logger.info("part attributed", goal=event["goal"], **done)
    return done
