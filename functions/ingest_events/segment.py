"""POST /v1/segment/…: what Segment's libraries send, taken in like any event, and answered as they expect.

Sample payload: events/ingest_events/segment_batch.json
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from touchline.adapters.http_problem import as_response, problem_of
from touchline.adapters.segment_body import SegmentBodies
from touchline.domain.segment.messages import CALLS
from touchline.errors import NotAuthenticated, NotFound, TouchlineError
from touchline.services.accept_events import Receipts

PREFIX = "/v1/segment/"
# A library is told a host and adds its own path: with `…/v1/segment` as host it ends here, too.
LIBRARY_PREFIX = "v1/"


def is_segment(path: str) -> bool:
    return path.startswith(PREFIX)


def bodies_of(path: str) -> SegmentBodies:
    call = path.removeprefix(PREFIX).removeprefix(LIBRARY_PREFIX)
    if call == "batch":
        return SegmentBodies(None)
    if call not in CALLS:
        raise NotFound(f"There is no such route; below {PREFIX} are {', '.join(CALLS)} and batch.")
    return SegmentBodies(call)


def with_write_key(headers: Mapping[str, str]) -> dict[str, str]:
    """Libraries send the key as the user's name of Basic authentication."""
    kind, _, encoded = headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return dict(headers)
    try:
        key = base64.b64decode(encoded, validate=True).decode().partition(":")[0]
    except (binascii.Error, ValueError) as error:
        raise NotAuthenticated("The Authorization header is not Basic authentication.") from error
    return {**headers, "authorization": f"Bearer {key}"}


def answer_of(receipts: Receipts) -> dict[str, Any]:
    """A library sends again what is not answered so, and what was set aside would be no better then."""
    answer = receipts.answer()
    rejected = [receipt for receipt in answer.pop("receipts") if receipt["status"] == "rejected"]
    return {"success": True, **answer, "reasons": rejected}


def refusal(error: TouchlineError, path: str) -> dict[str, Any]:
    """Libraries show `message`."""
    return as_response(problem_of(error, path, message=str(error)))
