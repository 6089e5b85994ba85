"""Step 1: into how many parts all people are divided, and which of them are still to be done.

Sample payload: events/backfill_goal/plan.json
"""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from touchline.services.backfill_goal import plan_backfill

from backfill_goal.parts import backfilling

logger = Logger()


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    planned = plan_backfill(backfilling(), event)
    logger.info("backfill planned", goal=event["goal"], parts=len(planned["parts"]))
    return planned
