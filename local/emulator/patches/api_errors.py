"""HTTP API: a failed function answers 500 with a fixed body; too large requests answer 413.

Fault: services/lambda_svc.py `lambda_execute_result_to_api_proxy_response` answers 502 with the exception's message and
stack trace; services/apigateway.py has no limit on a body.
AWS: 500 {"message":"Internal Server Error"}; 503 where the function is throttled; 413 above 10 MB, and where the event
is larger than the 6 MB that Lambda takes.
Without it: secrets and personal data in messages of exceptions reach clients here and tests of our own answers pass
that would fail there; limits that we publish are never met.
"""

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from ministack.services import apigateway, lambda_svc

from local.emulator.patches.api_binary_bodies import is_binary

REQUEST_BYTES = 10 * 1024 * 1024
EVENT_BYTES = 6 * 1024 * 1024
_log = logging.getLogger("emulator.api")
_AROUND_THE_BODY = 16 * 1024


def _answer(status: int, message: str) -> dict[str, Any]:
    body = json.dumps({"message": message}, separators=(",", ":"))
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": body}


def _fixed(original: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    def respond(result: dict[str, Any]) -> Any:
        if result.get("throttle"):
            return _answer(503, "Service Unavailable"), None
        if result.get("error"):
            # The client is told nothing of why: a request that failed once, under load, can be looked into here.
            _log.warning("HTTP API: a function failed: %s\n%s", result.get("body"), result.get("log", ""))
            return _answer(500, "Internal Server Error"), None
        return original(result)

    return respond


def event_bytes(headers: dict[str, str], body: bytes) -> int:
    """About how large the event with this body is."""
    as_text = apigateway._v2_request_body_is_text(headers.get("content-type")) and not is_binary(headers, body)
    return _AROUND_THE_BODY + (len(body) if as_text else len(body) * 4 // 3)


def _limited(original: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def execute(api: str, stage: str, path: str, method: str, headers: Any, body: bytes, *more: Any) -> Any:
        if len(body) > REQUEST_BYTES or event_bytes(headers, body) > EVENT_BYTES:
            refusal = _answer(413, "Request Entity Too Large")
            return 413, refusal["headers"], refusal["body"].encode()
        return await original(api, stage, path, method, headers, body, *more)

    return execute


def apply() -> None:
    lambda_svc.lambda_execute_result_to_api_proxy_response = _fixed(
        lambda_svc.lambda_execute_result_to_api_proxy_response
    )
    apigateway._handle_execute_in_scope = _limited(apigateway._handle_execute_in_scope)
