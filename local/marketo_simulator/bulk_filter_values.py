"""Values of a bulk extract's filters, read as Marketo reads them. Each raises 1003 naming the filter."""

import re
from datetime import UTC, datetime
from typing import Final

from local.marketo_simulator.refusal import Refusal

LONGEST_RANGE_MS: Final = 31 * 86_400_000
_SURROGATES: Final = re.compile("[\ud800-\udfff]")


def read_range(name: str, value: object) -> dict[str, int]:
    """Epoch ms, both ends belong to it."""
    if not isinstance(value, dict) or not {"startAt", "endAt"} <= value.keys():
        raise Refusal("1003", f"Filter '{name}' needs both startAt and endAt")
    start, end = (_moment(name, value[one]) for one in ("startAt", "endAt"))
    if end < start:
        raise Refusal("1003", f"Filter '{name}': startAt must be before endAt")
    if end - start > LONGEST_RANGE_MS:
        raise Refusal("1003", f"Filter '{name}': the date range must not be longer than 31 days")
    return {"startAt": start, "endAt": end}


def _moment(name: str, value: object) -> int:
    """Whole seconds are what Marketo asks for; milliseconds are let pass, and no zone means GMT."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise Refusal("1003", f"Filter '{name}': '{value}' is not a date in ISO 8601 format") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if not 1970 < moment.year < 9999:
        raise Refusal("1003", f"Filter '{name}': '{value}' is out of range")
    return int(moment.timestamp() * 1000)


def read_integers(name: str, values: object) -> list[int]:
    if values is None:
        return []
    if not isinstance(values, list) or not all(_is_whole(one) for one in values):
        raise Refusal("1003", f"Invalid value for filter '{name}'")
    return [int(one) for one in values]


def _is_whole(value: object) -> bool:
    return type(value) in (int, str) and re.fullmatch(r"[0-9]{1,18}", str(value)) is not None


def read_texts(name: str, values: object) -> list[str]:
    if not isinstance(values, list) or not values or not all(is_text(one) for one in values):
        raise Refusal("1003", f"Invalid value for filter '{name}'")
    return values


def is_text(value: object) -> bool:
    """Something that can be written into SQL: no NUL, no half of a surrogate pair."""
    return isinstance(value, str) and bool(value.strip()) and "\0" not in value and not _SURROGATES.search(value)


def read_flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise Refusal("1003", f"Invalid value for filter '{name}'")
    return value


def read_cadence(name: str, value: object) -> str:
    """Two spellings are documented."""
    spelled = {"pause": "pause", "paused": "pause", "norm": "norm", "normal": "norm"}.get(str(value).lower())
    if spelled is None:
        raise Refusal("1003", f"Invalid value for filter '{name}'")
    return spelled
