"""/v1/keys, /v1/rejected-events, /v1/identities, /v1/goals and /v1/spend: what an administrator of a tenant manages.

Sample payload: events/manage_api/create_key.json
"""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.metrics import MetricUnit
from touchline.adapters.http_body import as_json_request, check_body
from touchline.adapters.http_problem import (
    PROBLEM_JSON,
    Problem,
    as_response,
    internal_problem,
    problem_of,
    refused_fields,
)
from touchline.errors import InvalidSpend, NotFound, TouchlineError, Transient
from touchline.services.authenticate import Caller, authenticate, authenticate_reader

from manage_api import goals, identities, keys, rejected_events, spend
from manage_api.parts import key_ring, now

GOALS = "/v1/goals"
TABLES = "/v1/spend/"  # what is uploaded there is no JSON

logger, metrics = Logger(), Metrics()

app = APIGatewayHttpResolver(enable_validation=True)
app.include_router(keys.router)
app.include_router(rejected_events.router)
app.include_router(identities.router)
app.include_router(goals.router)
app.include_router(spend.router)


@app.exception_handler(TouchlineError)
def explain(error: TouchlineError) -> Response[str]:
    return _response(_refusal(error, app.current_event.path))


@app.exception_handler(InvalidSpend)
def explain_lines(error: InvalidSpend) -> Response[str]:
    """Every faulty line, up to a hundred."""
    errors = [{"line": str(line), "field": column, "reason": reason} for line, column, reason in error.faults]
    return _response(_refusal(error, app.current_event.path, errors=errors))


@app.exception_handler(RequestValidationError)
def explain_fields(error: RequestValidationError) -> Response[str]:
    """The first field in the problem itself, all of them in `errors`."""
    refusal, errors = refused_fields(error.errors())
    return _response(_refusal(refusal, app.current_event.path, errors=errors))


@app.not_found
def explain_route(_: NotFoundError) -> Response[str]:
    return _response(_refusal(NotFound("There is no such route."), app.current_event.path))


@app.exception_handler(Exception)
def explain_bug(_: Exception) -> Response[str]:
    logger.exception("request failed")
    return _response(_bug(app.current_event.path))


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    metrics.add_metric("RequestsReceived", MetricUnit.Count, 1)
    try:
        # Before anything of the request is looked at: who has no key learns nothing of its faults. Keys and rejected
        # events, which hold what was sent, are for the scope admin alone.
        caller = _caller(event)
        if not event["rawPath"].startswith(TABLES):
            check_body(event)
    except TouchlineError as error:
        return as_response(_refusal(error, event["rawPath"]))
    except Exception:
        logger.exception("request failed before it reached a route")
        return as_response(_bug(event["rawPath"]))
    app.append_context(caller=caller)  # type: ignore[no-untyped-call]
    return app.resolve(identities.with_encoded_actor(as_json_request(event)), context)


def _caller(event: dict[str, Any]) -> Caller:
    headers, ring = event.get("headers") or {}, key_ring()
    if event["requestContext"]["http"]["method"] == "GET" and event["rawPath"].startswith(GOALS):
        # Who may ask for a goal's conversions may know what the goal is.
        return authenticate_reader(headers, ring=ring, now=now())
    return authenticate(headers, "admin", ring=ring, now=now())


def _refusal(error: TouchlineError, path: str, **more: Any) -> Problem:
    metrics.add_metric("RequestsRefused", MetricUnit.Count, 1)
    log = logger.error if isinstance(error, Transient) else logger.info
    log("request refused", code=error.code, status=error.status)
    return problem_of(error, path, **more)


def _bug(path: str) -> Problem:
    """The client is told in the API's own form; the log and the metric tell us."""
    metrics.add_metric("RequestsFailed", MetricUnit.Count, 1)
    return internal_problem(path)


def _response(problem: Problem) -> Response[str]:
    return Response(problem.status, PROBLEM_JSON, problem.body, headers={**problem.headers})
