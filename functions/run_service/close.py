"""The end of an execution, whatever it is: nothing goes on at Marketo, nothing stays reserved, and others are told.

Sample payloads: events/run_service/close.json, events/run_service/stop.json
"""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from touchline.services.marketo.close_execution import close_execution
from touchline.services.marketo.run_stage import Run
from touchline.services.marketo.usage import CountedLedger

from run_service.driving import logger, metrics
from run_service.parts import ledger, working


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    run = Run.told(event)
    work = working(CountedLedger(ledger(), run.execution), context)
    answer = close_execution(work, run, event["close"], event.get("cause"))
    if answer.status in {"done", "failed"}:
        metrics.add_metric("ExecutionsEnded", MetricUnit.Count, 1)
        metrics.add_metric("ExecutionsFailed", MetricUnit.Count, answer.status == "failed")
    logger.info("execution closed", execution=run.execution, end=event["close"], status=answer.status)
    return answer.told(event)
