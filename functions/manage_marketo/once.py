"""Requests that begin something: repeated with the same Idempotency-Key they get the answer that was given first."""

import hashlib
from collections.abc import Callable
from typing import Annotated, Any, Final

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from touchline.domain.idempotency_keys import checked_key
from touchline.domain.limits import IDEMPOTENCY_KEY_CHARS

from manage_marketo import parts
from manage_marketo.routing import tenant_of

JSON: Final = "application/json"
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=IDEMPOTENCY_KEY_CHARS,
        description="For 24 hours the same key with the same request gets the answer that was given first.",
    ),
]


type Work = Callable[[str | None], Response[str]]  # of what tells the request from all others, where it has a key


def answered_once(router: APIGatewayHttpRouter, key: str | None, work: Work) -> Response[str]:
    """Raises IdempotencyKeyReused or RequestInProgress, and what `work` raises, which is not saved: what it has begun
    by then it finds again by what it is given."""
    if key is None:
        return work(None)
    event = router.current_event
    request = f"{event.path}\n{event.body or ''}".encode("utf-8", "surrogatepass")
    asked_by = hashlib.sha256(f"{checked_key(key)}\n".encode() + request).hexdigest()
    saved = parts.saved_answers().once(
        key, tenant_of(router), request, lambda: _saved(work(asked_by)), router.lambda_context
    )
    return Response(int(saved["status"]), JSON, saved["body"], {"Location": saved["location"]})


def _saved(answer: Response[Any]) -> dict[str, str]:
    return {
        "status": str(answer.status_code),
        "location": str(answer.headers["Location"]),
        "body": str(answer.body),
    }
