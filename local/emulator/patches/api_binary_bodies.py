"""HTTP API: a compressed body arrives whole.

Fault: services/apigateway.py `_v2_request_body_is_text` looks at the content type alone: gzipped JSON is decoded as
UTF-8 with replacement characters, which destroys it.
AWS: a body with a content encoding, or one that is not text, arrives as base64 with isBase64Encoded.
Without it: no client can send compressed events.
"""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from ministack.services import apigateway

_binary: ContextVar[bool] = ContextVar("binary", default=False)


def is_binary(headers: dict[str, str], body: bytes | None) -> bool:
    if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        return True
    try:
        (body or b"").decode()
    except UnicodeDecodeError:
        return True
    return False


def _looking_at_the_body(original: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def invoke(
        integration: Any,
        api: str,
        stage: str,
        path: str,
        method: str,
        headers: Any,
        body: Any,
        *more: Any,
        **named: Any,
    ) -> Any:
        token = _binary.set(is_binary(headers, body))
        try:
            return await original(integration, api, stage, path, method, headers, body, *more, **named)
        finally:
            _binary.reset(token)

    return invoke


def apply() -> None:
    by_content_type = apigateway._v2_request_body_is_text
    apigateway._v2_request_body_is_text = lambda content_type: not _binary.get() and by_content_type(content_type)
    apigateway._invoke_lambda_proxy = _looking_at_the_body(apigateway._invoke_lambda_proxy)
