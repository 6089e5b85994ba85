"""Step 2, for each part: index it again, and count what was new.

Sample payload: events/replay_day/replay_part.json
"""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from touchline.services.replay_day import Part, replay_part

from replay_day.parts import archive, batches, files, index

logger, metrics = Logger(), Metrics()


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    part = Part(**event)
    done = replay_part(archive(), batches(), files(), index(), part)
    metrics.add_metric("EventsReplayed", MetricUnit.Count, done.created)
    logger.info("part replayed", tenant=part.tenant, day=part.day, start=part.start, outcome=asdict(done))
    return {"tenant": part.tenant, "day": part.day, **asdict(done)}
