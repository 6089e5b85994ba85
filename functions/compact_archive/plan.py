"""Step 1: list the batches and the tenants that they feed.

Input: `{}`, or `{"everything": true}` to take in the present hour, too.
Sample payload: events/compact_archive/plan.json
"""

import time
import uuid
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from touchline.services.plan_compaction import plan_compaction

from compact_archive.parts import archive, batches, leases

logger = Logger()


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    now = time.time_ns() // 1_000_000
    settled_only = not event.get("everything", False)
    plan = plan_compaction(archive(), batches(), leases(), owner=uuid.uuid4().hex, now=now, settled_only=settled_only)
    if plan is None:
        logger.info("another compaction is under way")
        return {"plan": None, "batches": 0, "partitions": []}
    partitions = [{"plan": plan.key, "tenant": tenant} for tenant in plan.tenants()]
    logger.info("compaction planned", batches=len(plan.feeds), tenants=len(partitions))
    return {"plan": plan.key, "batches": len(plan.feeds), "partitions": partitions}
