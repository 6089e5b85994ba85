"""Answers that nobody waits for, one after the other off their queue; each tells how far it is until it is over.

Sample payload: events/query_api_worker/one_answer.json
"""

import json
from collections.abc import Callable
from typing import Any, Final

import orjson
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from touchline.domain.answers import SILENT_MS, Answer
from touchline.services.sources import Work
from touchline.services.work_on_answer import Shift, work_on_answer

from query_api.kinds import KINDS
from query_api.parts import desk, jobs, now, sources, tenants

# Before Lambda ends the function, so that the asker hears our reason.
SPARE_MS: Final = 30_000
# Longer than a worker may be silent: who gets the message next finds it gone.
HIDDEN_SECONDS: Final = SILENT_MS // 1_000 + 15

logger, metrics = Logger(), Metrics()


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """One message at a time; what must come again is told as failed."""
    again = [record["messageId"] for record in event["Records"] if not _worked_on(record, context)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}


def _worked_on(record: dict[str, Any], context: Any) -> bool:
    job = json.loads(record["body"])
    hide = _hiding(record["receiptHandle"])
    hide()
    until = now() + context.get_remaining_time_in_millis() - SPARE_MS
    shift = Shift(f"{context.aws_request_id}/{record['messageId']}", now, until, hide)
    try:
        outcome = work_on_answer(desk(), job["tenant"], job["answer"], shift, _solve)
    except Exception:  # a bug: the answer has been told to have failed, and the message would only fail again
        logger.exception("answer failed", answer=job["answer"])
        metrics.add_metric("AnswersBroken", MetricUnit.Count, 1)
        outcome = "failed"
    logger.info("answer worked on", answer=job["answer"], outcome=outcome)
    metrics.add_metric(f"Answers{outcome.title()}", MetricUnit.Count, 1)
    return outcome not in {"busy", "again"}


def _hiding(receipt: str) -> Callable[[], None]:
    return lambda: jobs().hide(receipt, HIDDEN_SECONDS)


def _solve(answer: Answer, work: Work) -> bytes:
    """As of when it was asked, so that a second try answers the same question."""
    kind, tenant = KINDS[answer.kind], tenants().get(answer.tenant)
    if tenant is None:
        raise LookupError("The answer's workspace is gone.")
    body = kind.body.model_validate(orjson.loads(answer.body))
    return orjson.dumps(kind.answer(body, tenant, sources(), answer.asked_at, work))
