"""/v1/marketo: connections to instances of Marketo, services on their lists, and executions.

Sample payload: events/manage_marketo/create_group.json
"""

import re
from datetime import UTC, datetime
from typing import Any, Final

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
from touchline.errors import MarketoLimitReached, MarketoRefused, NotFound, TouchlineError, Transient
from touchline.services.authenticate import Caller, authenticate, authenticate_reader

from manage_marketo import connections, execution_files, executions, groups, services
from manage_marketo.parts import key_ring, now

# What shows leads, and what spends calls of the instance, is not for those who only read.
ADMIN_ALONE: Final = re.compile(r"/v1/marketo/(executions/[^/]+/(files|explain)|connections/[^/]+/(lists|fields))")

logger, metrics = Logger(), Metrics()

app = APIGatewayHttpResolver(enable_validation=True)
app.include_router(connections.router)
app.include_router(groups.router)
app.include_router(services.router)
app.include_router(executions.router)
app.include_router(execution_files.router)


@app.exception_handler(TouchlineError)
def explain(error: TouchlineError) -> Response[str]:
    return _response(_refusal(error, app.current_event.path, **_told_by_marketo(error)))


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
        # Before anything of the request is looked at: who has no key learns nothing of its faults.
        caller = _caller(event)
        check_body(event)
    except TouchlineError as error:
        return as_response(_refusal(error, event["rawPath"]))
    except Exception:
        logger.exception("request failed before it reached a route")
        return as_response(_bug(event["rawPath"]))
    app.append_context(caller=caller)  # type: ignore[no-untyped-call]
    return app.resolve(as_json_request(event), context)


def _caller(event: dict[str, Any]) -> Caller:
    headers, ring = event.get("headers") or {}, key_ring()
    if event["requestContext"]["http"]["method"] == "GET" and ADMIN_ALONE.fullmatch(event["rawPath"]) is None:
        return authenticate_reader(headers, ring=ring, now=now())
    return authenticate(headers, "admin", ring=ring, now=now())


def _told_by_marketo(error: TouchlineError) -> dict[str, Any]:
    """What a program may want to act on."""
    match error:
        case MarketoLimitReached():
            until = datetime.fromtimestamp(error.until / 1_000, UTC).isoformat()
            return {"limit": error.limit, "until": until}
        case MarketoRefused() if error.marketo_code is not None:
            return {"marketo_code": error.marketo_code}
        case _:
            return {}


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
