"""Every error that leaves the API: problem+json (RFC 9457) with a code that never changes.

A function on Powertools' resolver returns
`Response(problem.status, PROBLEM_JSON, problem.body, headers=problem.headers)`; one without a resolver returns
`problem_response(error, path)` as it is.
"""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from touchline.errors import InvalidRequest, Malformed, TouchlineError

PROBLEM_JSON = "application/problem+json"


class Problem(NamedTuple):
    status: int
    headers: dict[str, str]  # Retry-After, WWW-Authenticate: what the client must know; without the content type
    body: str


def problem_of(error: TouchlineError, instance: str, **more: Any) -> Problem:
    """`more` are further members of the problem, such as the list of a request's faulty fields."""
    return _problem(error.status, error.code, str(error), instance, error.field, _headers(error), more)


def refused_fields(faults: Sequence[Mapping[str, Any]]) -> tuple[InvalidRequest, list[dict[str, str]]]:
    """What a validator found wrong, as pydantic tells it: the first field as the refusal, and all of them with their
    reasons. What was sent is not repeated."""
    errors = [{"field": ".".join(map(str, fault["loc"][1:])), "reason": fault["msg"]} for fault in faults]
    first = errors[0]
    kind = Malformed if any(fault["type"] == "json_invalid" for fault in faults) else InvalidRequest
    return kind(f"{first['field'] or 'The body'}: {first['reason']}", field=first["field"] or None), errors


def kept_problem(told: Mapping[str, Any], instance: str) -> Problem:
    """One that was kept as `status`, `code`, `detail` and perhaps `field`."""
    return _problem(told["status"], told["code"], told["detail"], instance, told.get("field"), {}, {})


def internal_problem(instance: str) -> Problem:
    """For a bug: the client learns nothing of the inside, the log holds the rest."""
    detail = "Something failed on our side. Sending the same request again is safe."
    return _problem(500, "internal_error", detail, instance, None, {}, {})


def problem_response(error: TouchlineError, instance: str) -> dict[str, Any]:
    return as_response(problem_of(error, instance))


def as_response(problem: Problem) -> dict[str, Any]:
    """The shape that API Gateway expects of a Lambda function."""
    headers = {"Content-Type": PROBLEM_JSON, **problem.headers}
    return {"statusCode": problem.status, "headers": headers, "body": problem.body}


def _problem(
    status: int,
    code: str,
    detail: str,
    instance: str,
    field: str | None,
    headers: dict[str, str],
    more: dict[str, Any],
) -> Problem:
    members = {
        "type": f"urn:touchline:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "instance": instance,
        **({"field": field} if field else {}),
        **more,
    }
    return Problem(status, headers, json.dumps(members))


def _headers(error: TouchlineError) -> dict[str, str]:
    headers = {}
    retry_after = getattr(error, "retry_after_seconds", None)
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return headers
