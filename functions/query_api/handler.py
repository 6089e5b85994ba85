"""Answers out: questions, single events, schema, status, and the API's description. Of events it can only read.

Sample payload: events/query_api/daily_opens.json
"""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.metrics import MetricUnit
from touchline.adapters.http_body import as_json_request, check_body
from touchline.adapters.http_problem import PROBLEM_JSON, Problem, as_response, internal_problem, problem_of
from touchline.domain.tenancy import Scope
from touchline.errors import NotFound, TouchlineError, Transient
from touchline.services.authenticate import authenticate

from query_api import conversions, documentation, events, later, queries, saved_reports, schema, status
from query_api.parts import key_ring, now
from query_api.problems import invalid_request

app = APIGatewayHttpResolver(enable_validation=True)
for noun in (queries, later, saved_reports, conversions, events, schema, status, documentation):
    app.include_router(noun.router)
logger, metrics = Logger(), Metrics()


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    metrics.add_metric("QueriesReceived", MetricUnit.Count, 1)
    if event["rawPath"] not in documentation.OPEN:
        try:
            # Before anything of the request is looked at: who has no key learns nothing of its faults.
            caller = authenticate(event.get("headers") or {}, _scope(event), ring=key_ring(), now=now())
            check_body(event)
        except TouchlineError as error:
            return as_response(_refusal(error, event["rawPath"]))
        except Exception:
            logger.exception("query failed before it reached a route")
            return as_response(_bug(event["rawPath"]))
        app.append_context(caller=caller)  # type: ignore[no-untyped-call]
    return app.resolve(as_json_request(event), context)


def _scope(event: dict[str, Any]) -> Scope:
    """Asking is reading; what others will ask by a link is an analyst's to say."""
    keeps = event["rawPath"].startswith("/v1/reports") and event["requestContext"]["http"]["method"] != "GET"
    return "analyst" if keeps else "read"


@app.exception_handler(RequestValidationError)
def explain_faults(error: RequestValidationError) -> Response[str]:
    refused, faults = invalid_request(error)
    return _told(_refusal(refused, app.current_event.path, errors=faults))


@app.exception_handler(TouchlineError)
def explain(error: TouchlineError) -> Response[str]:
    return _told(_refusal(error, app.current_event.path))


@app.not_found
def explain_unknown_route(error: NotFoundError) -> Response[str]:
    path = app.current_event.path
    return _told(_refusal(NotFound(f"There is no {app.current_event.http_method} {path[:100]}."), path))


@app.exception_handler(Exception)
def explain_bug(error: Exception) -> Response[str]:
    logger.exception("query failed")
    return _told(_bug(app.current_event.path))


def _refusal(error: TouchlineError, path: str, **more: Any) -> Problem:
    metrics.add_metric("QueriesRefused", MetricUnit.Count, 1)
    log = logger.error if isinstance(error, Transient) else logger.info
    log("query refused", code=error.code, status=error.status)
    return problem_of(error, path, **more)


def _bug(path: str) -> Problem:
    metrics.add_metric("QueriesFailed", MetricUnit.Count, 1)
    return internal_problem(path)


def _told(problem: Problem) -> Response[str]:
    return Response(problem.status, PROBLEM_JSON, problem.body, dict(problem.headers))
