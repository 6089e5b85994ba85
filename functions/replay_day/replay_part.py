"""Step 2, for each part: index it again, and count what was new.

Sample payload: events/replay_day/replay_part.json
"""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from touchline.services.replay_day import Part, replay_part

from replay_day.parts import archive, batches, files, index

logger, metrics, tracer = Logger(), Metrics(), Tracer()


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    part = Part(**event)
    done = replay_part(archive(), batches(), files(), index(), part)
    metrics.add_metric("EventsReplayed", MetricUnit.Count, done.created)
    logger.info("part replayed", tenant=part.tenant, day=part.day, start=part.start, **asdict(done))
    return {"tenant": part.tenant, "day": part.day, **asdict(done)}
