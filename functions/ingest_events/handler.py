"""POST /v1/events and /v1/segment/…: validates, answers for each event, puts the good and the set-aside on the queue.

Sample payload: events/ingest_events/one_event.json
"""

import base64
import binascii
import json
import secrets
import time
from dataclasses import replace
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from touchline.adapters.http_problem import as_response, internal_problem, problem_response
from touchline.domain.idempotency_keys import checked_key
from touchline.domain.tenancy import Tenant
from touchline.errors import Malformed, RateLimited, TouchlineError, Transient
from touchline.ports import EventBodies
from touchline.services.accept_events import Receipts, SentRequest, accept_events
from touchline.services.authenticate import authenticate

from ingest_events import parts, segment

type HttpRequest = dict[str, Any]
type HttpResponse = dict[str, Any]

PATH = "/v1/events"
FREE_SLOTS = 990_000  # of 1,000,000, so that a request's events all fit behind the first

logger, metrics = Logger(), Metrics()


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: HttpRequest, context: Any) -> HttpResponse:
    metrics.add_metric("RequestsReceived", MetricUnit.Count, 1)
    path = event.get("rawPath", PATH)
    try:
        if segment.is_segment(path):
            status, answer = 200, _segment_answer(event, path)
        else:
            status, answer = 202, _answer(event, context)
    except TouchlineError as error:
        return _refused(error, path)
    except Exception:
        # The client is told in the API's own form, and the log and the metric tell us.
        logger.exception("request failed")
        metrics.add_metric("RequestsFailed", MetricUnit.Count, 1)
        return as_response(internal_problem(path))
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(answer)}


def _segment_answer(event: HttpRequest, path: str) -> dict[str, Any]:
    now = _now()
    headers = segment.with_write_key(_headers(event))
    caller = authenticate(headers, "ingest", ring=parts.key_ring(), now=now)
    return segment.answer_of(_accepted(caller.tenant, _body(event), headers, now, segment.bodies_of(path)))


def _answer(event: HttpRequest, context: Any) -> dict[str, Any]:
    now = _now()
    headers = _headers(event)
    caller = authenticate(headers, "ingest", ring=parts.key_ring(), now=now)
    body = _body(event)
    key = headers.get("idempotency-key")
    if key is None:
        return _accepted(caller.tenant, body, headers, now).answer()
    return _accepted_once(checked_key(key), caller.tenant, body, headers, now, context)


def _now() -> int:
    return time.time_ns() // 1_000_000


def _headers(event: HttpRequest) -> dict[str, str]:
    return {name.lower(): value for name, value in (event.get("headers") or {}).items()}


def _accepted(
    tenant: Tenant, body: bytes, headers: dict[str, str], now: int, bodies: EventBodies | None = None
) -> Receipts:
    request = SentRequest(
        body=body,
        content_type=headers.get("content-type", ""),
        content_encoding=headers.get("content-encoding", ""),
        received_at=now,
        first_slot=secrets.randbelow(FREE_SLOTS),
    )
    intake = parts.intake() if bodies is None else replace(parts.intake(), bodies=bodies)
    receipts = accept_events(request, tenant, intake)
    metrics.add_metric("EventsAccepted", MetricUnit.Count, receipts.accepted)
    metrics.add_metric("EventsDuplicated", MetricUnit.Count, receipts.duplicates)
    metrics.add_metric("EventsRejected", MetricUnit.Count, receipts.rejected.total())
    if receipts.rejected:
        metrics.add_metadata("rejected_by_code", dict(receipts.rejected))
        logger.info("events rejected", tenant=tenant.id, by_code=dict(receipts.rejected))
    return receipts


def _accepted_once(
    key: str, tenant: Tenant, body: bytes, headers: dict[str, str], now: int, context: Any
) -> dict[str, Any]:
    from ingest_events.idempotency import answer_once  # slow to load, and few requests bring a key

    return answer_once(key, tenant.id, body, lambda: _accepted(tenant, body, headers, now).answer(), context)


def _body(event: HttpRequest) -> bytes:
    body: str = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body)
    except (binascii.Error, ValueError) as error:
        raise Malformed("The body is not base64, although the request says so.") from error


def _refused(error: TouchlineError, path: str) -> HttpResponse:
    metrics.add_metric("RequestsRefused", MetricUnit.Count, 1)
    metrics.add_metadata("refused_code", error.code)
    if isinstance(error, RateLimited):
        metrics.add_metric("RateLimited", MetricUnit.Count, 1)
    log = logger.error if isinstance(error, Transient) else logger.info
    log("request refused", code=error.code, status=error.status)
    return segment.refusal(error, path) if segment.is_segment(path) else problem_response(error, path)
