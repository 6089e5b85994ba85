"""Step 1: what the archive holds of a day, in parts.

Input: `{"day": "2026-11-21"}`, optionally with `"tenant"`.
Sample payload: events/replay_day/plan.json
"""

from dataclasses import asdict
from datetime import date
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from touchline.errors import InvalidRequest
from touchline.services.replay_day import plan_replay

from replay_day.parts import archive, batches

logger = Logger()


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    day = _day(event)
    parts = plan_replay(archive(), batches(), day=day, tenant=event.get("tenant"))
    logger.info("replay planned", day=day, parts=len(parts))
    return {"day": day, "parts": [asdict(part) for part in parts]}


def _day(event: dict[str, Any]) -> str:
    day = str(event.get("day"))
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError:
        raise InvalidRequest(f"{day!r} is not a day: it looks like 2026-11-21.", field="day") from None
