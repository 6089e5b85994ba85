"""Records of a call, and what becomes of each."""

from collections.abc import Mapping
from typing import Any, Final

from local.marketo_simulator.refusal import Refusal

MOST_RECORDS: Final = 300

type Result = dict[str, Any]


def records(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """`input` of the body. Raises 1002 where there is none, 1003 where there are more than 300."""
    given = body.get("input")
    if not isinstance(given, list) or not given:
        raise Refusal("1002", "Missing value for required parameter 'input'")
    if len(given) > MOST_RECORDS:
        raise Refusal("1003", f"Too many records: {len(given)} of at most {MOST_RECORDS}")
    if not all(isinstance(one, dict) for one in given):
        raise Refusal("609", "Invalid JSON")
    return [dict(one) for one in given]


def skipped(code: str, message: str, lead: object = None) -> Result:
    result: Result = {"status": "skipped", "reasons": [{"code": code, "message": message}]}
    return result if lead is None else {"id": lead, **result}


def outcome(lead: int, status: str | None) -> Result:
    """What was done with the lead, or None where there is none of that id."""
    return {"id": lead, "status": status} if status else skipped("1004", "Lead not found", lead)
