"""Step 3: delete what verified files have replaced, say what was done, and whether another round follows.

Sample payload: events/compact_archive/clean_up.json
"""

import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from touchline.errors import NotFound
from touchline.services.clean_up_compaction import clean_up_compaction
from touchline.services.plan_compaction import Plan

from compact_archive.parts import archive, leases, progress
from compact_archive.rounds import Round

logger, metrics = Logger(), Metrics()


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    results: list[dict[str, Any]] = event["results"]
    now = time.time_ns() // 1_000_000
    failed = [result for result in results if "failed" in result]
    done: dict[str, Any] = {"tenants": len(results), "failed": len(failed)}
    if (plan := _plan(event["plan"]["plan"])) is not None:
        done |= _cleaned_up(plan, now)
        done |= {name: sum(result.get(name, 0) for result in results) for name in ("duplicates", "refused")}
        progress().put("compaction", datetime.now(UTC).isoformat(timespec="milliseconds"), done)
    for result in failed:
        logger.error("tenant left out of compaction", tenant=result["tenant"], error=result["failed"])
    metrics.add_metric("CompactionsRefused", MetricUnit.Count, len(failed))
    metrics.add_metric("BatchesCompacted", MetricUnit.Count, done.get("batches_deleted", 0))
    logger.info("compaction done", **done)
    return done | _going_on(event["plan"], len(results), len(failed), now)


def _cleaned_up(plan: Plan, now: int) -> dict[str, Any]:
    cleaned = clean_up_compaction(archive(), leases(), plan, now)
    if cleaned is None:
        logger.warning("not cleaned up: the lease ran out and another compaction is under way")
        metrics.add_metric("CompactionsPostponed", MetricUnit.Count, 1)
        return {}
    return asdict(cleaned)


def _going_on(planned: dict[str, Any], tenants: int, failed: int, now: int) -> dict[str, Any]:
    """`again` with the next round, or without; and how many tenants all rounds so far had to leave out."""
    this = Round.begin(planned, now)
    told = {"left_out": this.failed + failed, "again": False}
    if "last" not in planned or (tenants and failed == tenants):
        return told  # nothing is left, or whatever stopped every tenant would stop the next round as well
    following = this.following(planned["last"], now, failed)
    return told if following is None else told | {"again": True, "round": asdict(following)}


def _plan(key: str | None) -> Plan | None:
    """None where there was none, or where an earlier try of this step came to its end."""
    if key is None:
        return None
    try:
        return Plan.from_json(archive().get(key))
    except NotFound:
        return None
