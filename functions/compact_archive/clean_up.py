"""Step 3: delete what verified files have replaced, and say what was done.

Sample payload: events/compact_archive/clean_up.json
"""

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

logger, metrics = Logger(), Metrics()


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    results: list[dict[str, Any]] = event["results"]
    failed = [result["tenant"] for result in results if "failed" in result]
    done: dict[str, Any] = {"tenants": len(results), "failed": len(failed)}
    if (plan := _plan(event["plan"]["plan"])) is not None:
        done |= asdict(clean_up_compaction(archive(), leases(), plan))
        done["duplicates"] = sum(result.get("duplicates", 0) for result in results)
        progress().put("compaction", datetime.now(UTC).isoformat(timespec="milliseconds"), done)
    metrics.add_metric("BatchesCompacted", MetricUnit.Count, done.get("batches_deleted", 0))
    logger.info("compaction done", **done)
    return done


def _plan(key: str | None) -> Plan | None:
    """None where there was none, or where an earlier try of this step came to its end."""
    if key is None:
        return None
    try:
        return Plan.from_json(archive().get(key))
    except NotFound:
        return None
