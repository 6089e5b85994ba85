"""What pydantic finds wrong with a request, as a refusal with field and reason."""

from collections.abc import Sequence
from typing import Any

from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from touchline.errors import InvalidRequest, Malformed

MOST_TOLD = 20


def invalid_request(error: RequestValidationError) -> tuple[InvalidRequest, list[dict[str, str]]]:
    """The first fault, and all of them with field and reason."""
    faults = [fault_of(one) for one in error.errors()]
    first = faults[0] if faults else {"field": "body", "reason": "The request is not valid."}
    kind = Malformed if any(one.get("type") == "json_invalid" for one in error.errors()) else InvalidRequest
    return kind(f"{first['field']}: {first['reason']}", field=first["field"]), faults[:MOST_TOLD]


def fault_of(one: dict[str, Any]) -> dict[str, str]:
    return {"field": _place(one.get("loc", ())), "reason": str(one.get("msg", "")), "kind": str(one.get("type", ""))}


def _place(location: Sequence[Any]) -> str:
    """Without the part of the request, nor the kinds of a choice that pydantic puts in between."""
    parts = [str(part) for part in location if part not in {"body", "query"}]
    return ".".join(part for part in parts if "[" not in part) or "body"
