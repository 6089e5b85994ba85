"""Step 2, for each tenant: take its batches into its days, so that an id that came on two days is found.

Sample payload: events/compact_archive/compact_day.json
"""

import time
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from touchline.errors import Permanent, StoreUnavailable
from touchline.services.compact_archive import CompactedTenant, compact_tenant
from touchline.services.plan_compaction import Plan

from compact_archive.parts import archive, attribution_queue, batches, files, index

logger, metrics = Logger(), Metrics()


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    plan = Plan.from_json(archive().get(event["plan"]))
    _refuse_past_lease(plan, context.get_remaining_time_in_millis())
    tenant = event["tenant"]
    try:
        parts = archive(), batches(), files(), index(), attribution_queue()
        done = compact_tenant(*parts, tenant=tenant, feeds=plan.feeds_of(tenant))
    except Permanent as error:
        # A retry would fail the same way. Its batches stay, and the other tenants' compaction goes on.
        logger.error("compaction refused", tenant=tenant, code=error.code, reason=str(error))
        metrics.add_metric("DuplicatesAcrossDays", MetricUnit.Count, 0)
        return {"tenant": tenant, "failed": error.code}
    return _report(done)


def _refuse_past_lease(plan: Plan, remaining_ms: int) -> None:
    if time.time_ns() // 1_000_000 + remaining_ms > plan.until:
        metrics.add_metric("CompactionsPostponed", MetricUnit.Count, 1)
        raise StoreUnavailable("The lease would end before the work: the next compaction takes it up.")


def _report(done: CompactedTenant) -> dict[str, Any]:
    metrics.add_metric("DuplicatesAcrossDays", MetricUnit.Count, done.duplicates)
    if done.refused:
        logger.error("the index refuses versions that count, and keeps others", tenant=done.tenant, events=done.refused)
    logger.info("tenant compacted", tenant=done.tenant, days=len(done.rows), duplicates=done.duplicates)
    return {
        "tenant": done.tenant,
        "days": len(done.rows),
        "rows": sum(done.rows.values()),
        "duplicates": done.duplicates,
        "refused": done.refused,
    }
