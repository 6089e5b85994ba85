"""A question answered now if that can be waited for, else later: nothing ends in a bare time-out."""

import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as OutOfTime
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import orjson
from aws_lambda_powertools import Metrics
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from pydantic import BaseModel
from touchline.domain.answers import Answer
from touchline.domain.queries.clock import rfc3339, zone_named
from touchline.domain.tenancy import Tenant
from touchline.errors import TakesTooLong
from touchline.services.answer_later import ask_later
from touchline.services.remember_answers import RememberedAnswers
from touchline.services.sources import Work

from query_api.delivery import Wanted, delivered
from query_api.kind import Kind
from query_api.parts import desk, new_id, now, sources
from query_api.questions import QuestionBody, range_of

# API Gateway gives up after 30 s and the function ends after 29: a question has to be put off before.
PATIENCE_SECONDS: Final = 20.0
GRACE_SECONDS: Final = 4.0  # for a piece of work in which nothing is reached
# 5 million take 3.5 s where nothing of them is on the disk yet, and under 1 s later.
MOST_WAITED_EVENTS: Final = 20_000_000
QUARTER: Final = 15 * 60_000

metrics = Metrics()


@dataclass(frozen=True, slots=True)
class Deadline:
    """A `Work` whose asker waits until a moment of the monotonic clock."""

    until: float

    def reach(self, done: int, of: int) -> None:
        if time.monotonic() >= self.until:
            raise TakesTooLong("The answer takes longer than can be waited for.")


def patience(event: APIGatewayProxyEventV2) -> float:
    """Seconds, as RFC 7240 has it: `respond-async` alone is not at all, with `wait=n` at most n."""
    asked = {part.strip().lower() for part in event.headers.get("prefer", "").replace(";", ",").split(",")}
    if "respond-async" not in asked:
        return PATIENCE_SECONDS
    waits = [int(part[5:]) for part in asked if part.startswith("wait=") and part[5:].isdecimal()]
    return min(PATIENCE_SECONDS, *waits) if waits else 0.0


def answered(kind: Kind[Any], body: BaseModel, tenant: Tenant, want: Wanted, seconds: float) -> Response[str]:
    """200 with the answer, 303 where it is too large, or 202 with where it will be."""
    if want.csv and kind.widest is not None:
        body = kind.widest(body)
    if seconds:
        try:
            facts = _in_time(kind, body, tenant, seconds)
        except TakesTooLong:
            metrics.add_metric("AnswersOutOfTime", MetricUnit.Count, 1)
        else:
            return delivered(kind, facts, want, tenant.id)
    metrics.add_metric("AnswersPutOff", MetricUnit.Count, 1)
    return put_off(ask_later(desk(), tenant.id, kind.name, _asked(body), answer_id=new_id(), now=now()), tenant)


def put_off(answer: Answer, tenant: Tenant) -> Response[str]:
    headers = {"Location": f"/v1/answers/{answer.id}", "Retry-After": "1", "Preference-Applied": "respond-async"}
    return Response(202, "application/json", orjson.dumps(shown(answer, tenant)).decode(), headers)


def shown(answer: Answer, tenant: Tenant) -> dict[str, Any]:
    """As the API tells it; `progress` only while there is some."""
    zone, path = zone_named(tenant.time_zone), f"/v1/answers/{answer.id}"
    told: dict[str, Any] = {
        "id": answer.id,
        "kind": answer.kind,
        "state": answer.state,
        "asked_at": rfc3339(answer.asked_at, zone),
        "since": rfc3339(answer.since, zone),
        "expires_at": rfc3339(answer.expires_at, zone),
        "tries": answer.tries,
        "progress": None,
        "problem": dict(answer.problem) if answer.problem else None,
        "status": path,
        "result": f"{path}/result" if answer.state == "done" else None,
    }
    if answer.of and answer.state in {"working", "done"}:
        remaining = answer.remaining_seconds(now())
        told["progress"] = {"done": answer.done, "of": answer.of, "remaining_seconds": remaining}
    return told


def _answer(kind: Kind[Any], body: BaseModel, tenant: Tenant, work: Work) -> dict[str, Any]:
    moment = now()
    if kind.reads_events and isinstance(body, QuestionBody):
        span = range_of(body, tenant, moment, body)
        if sources().columns.extent(tenant.id, span).events > MOST_WAITED_EVENTS:
            raise TakesTooLong("There are more events to read than can be waited for.")
    if not kind.settles:
        return kind.answer(body, tenant, sources(), moment, work)
    key = (tenant, kind.name, _asked(body), moment // QUARTER if isinstance(body, QuestionBody) and _moves(body) else 0)
    facts, computed_at = _remembered().answer(
        key, tenant.id, sources(), moment, lambda watched: kind.answer(body, tenant, watched, moment, work)
    )
    if computed_at != moment:
        zone = zone_named(tenant.time_zone)
        facts["remembered"] = {"computed_at": rfc3339(computed_at, zone), "unchanged_at": rfc3339(moment, zone)}
    return facts


@cache
def _remembered() -> RememberedAnswers:
    return RememberedAnswers(orjson.dumps, orjson.loads)


def _moves(body: QuestionBody) -> bool:
    """Whether the same words mean another range later: such change at full quarters of an hour, in every zone."""
    conditions = body.segment.conditions if body.segment else ()
    return any(one.range_ is not None for one in (body, *conditions))


def _asked(body: BaseModel) -> str:
    return body.model_dump_json(by_alias=True, exclude_unset=True)


@cache
def _one_at_a_time() -> ThreadPoolExecutor:
    """A question that was put off may go on until it next reaches something: the one after it waits for that."""
    return ThreadPoolExecutor(1)


def _in_time(kind: Kind[Any], body: BaseModel, tenant: Tenant, seconds: float) -> dict[str, Any]:
    work = Deadline(time.monotonic() + seconds)
    future = _one_at_a_time().submit(_answer, kind, body, tenant, work)
    try:
        return future.result(seconds + GRACE_SECONDS)
    except OutOfTime as error:
        if future.done():  # raised by the work itself
            raise
        future.cancel()
        raise TakesTooLong("The answer takes longer than can be waited for.") from error
