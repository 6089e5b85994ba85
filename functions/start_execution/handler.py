"""Invoked by a service's schedule: an execution of it is begun, or kept as skipped while another one is under way.

Sample payload: events/start_execution/scheduled.json
"""

from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from touchline.services.marketo.begin_execution import begin_scheduled

from start_execution.parts import beginning, now

logger, metrics = Logger(), Metrics()


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tried again by the scheduler where it fails; the time of the schedule tells a second try from the next time."""
    metrics.add_metric("SchedulesReceived", MetricUnit.Count, 1)
    at = _scheduled_at(event)
    begun = begin_scheduled(beginning(), event["tenant"], event["service"], at=at, now=now())
    state = "ignored" if begun is None else begun.state
    if state == "skipped":
        metrics.add_metric("ExecutionsSkipped", MetricUnit.Count, 1)
    logger.info("schedule came", service=event["service"], state=state, execution=begun and begun.id)
    return {"execution": begun and begun.id, "state": state}


def _scheduled_at(event: dict[str, Any]) -> int:
    """Epoch ms; now, where whoever invokes this is no scheduler that says its time."""
    try:
        return int(datetime.fromisoformat(event["scheduled_at"]).timestamp() * 1_000)
    except (KeyError, ValueError):
        return now()
