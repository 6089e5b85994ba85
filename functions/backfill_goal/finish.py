"""Step 3: whether the goal's past is whole now, or that a step broke off.

Sample payloads: events/backfill_goal/finish.json, events/backfill_goal/broken_off.json
"""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from touchline.services.backfill_goal import fail_backfill, finish_backfill

from backfill_goal.parts import backfilling

logger = Logger()


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    if "failed" in event:
        told = fail_backfill(backfilling(), event["plan"], event["failed"])
        logger.error("backfill broke off", reason=event["failed"], goal=told["goal"], state=told["state"])
        return told
    failures = [result["failed"] for result in event["results"] if "failed" in result]
    done = finish_backfill(backfilling(), event["plan"], failures)
    log = logger.error if done["state"] == "failed" else logger.info
    log("backfill ended", **done)
    return done
