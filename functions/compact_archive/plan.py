"""Step 1: list the batches and the tenants that they feed.

Input: `{}`, or `{"everything": true}` to take in the present hour, too. Clean-up hands on where a further round begins.
Sample payload: events/compact_archive/plan.json
"""

import time
import uuid
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from touchline.services.plan_compaction import plan_compaction

from compact_archive.parts import archive, batches, leases
from compact_archive.rounds import Round

logger = Logger()


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    now = time.time_ns() // 1_000_000
    this = Round.begin(event, now)
    plan = plan_compaction(
        archive(),
        batches(),
        leases(),
        owner=uuid.uuid4().hex,
        now=now,
        settled_only=not this.everything,
        after=this.after,
    )
    if plan is None:
        logger.info("another compaction is under way")
        return {"plan": None, "batches": 0, "partitions": [], "round": asdict(this)}
    partitions = [{"plan": plan.key, "tenant": tenant} for tenant in plan.tenants()]
    logger.info("compaction planned", batches=len(plan.feeds), tenants=len(partitions), round=this.number)
    return {"plan": plan.key, "batches": len(plan.feeds), "partitions": partitions, "round": asdict(this)} | (
        {"last": plan.last} if plan.more else {}
    )
