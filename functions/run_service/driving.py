"""What all stages have in common: an invocation is a few steps of one stage, as many as there is time for."""

from typing import Any, Final

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from touchline.domain.marketo.bookkeeping import run_of
from touchline.domain.marketo.executions import Stage
from touchline.services.marketo.run_stage import Answer, Perform, Run, Time, run_stage
from touchline.services.marketo.usage import CountedLedger

from run_service.parts import ledger, now, working

LONGEST_STEP_SECONDS: Final = 240  # a step is begun only while there is room for one

logger, metrics = Logger(), Metrics()


def drive(stage: Stage, perform: Perform, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    run = Run.told(event)
    counted = CountedLedger(ledger(), run.execution)
    time = Time(lambda: context.get_remaining_time_in_millis() / 1000 - LONGEST_STEP_SECONDS, counted.take)
    answer = run_stage(working(counted, context), run, stage, perform, time)
    logger.info("stage stepped", execution=run.execution, stage=stage, status=answer.status, seconds=answer.seconds)
    metrics.add_metric("StagesStepped", MetricUnit.Count, 1)
    metrics.add_metric("ExecutionWaited", MetricUnit.Seconds, _waited(answer))
    return answer.told(event)


def _waited(answer: Answer) -> float:
    """For how long the execution has made no progress."""
    since = run_of(answer.execution).get("waiting_since") if answer.execution and answer.status == "wait" else None
    return 0 if since is None else (now() - since) / 1000
