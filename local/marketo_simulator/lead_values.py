"""Values of leads between JSON and the store, by the type of their field."""

import math
import re
from datetime import UTC, date, datetime
from typing import Any

from local.marketo_simulator.lead_fields import LeadFieldSpec, sql_type

TRUE = frozenset({"true", "1", "yes", "on", "y"})
FALSE = frozenset({"false", "0", "no", "off", "n"})
TEXT_BYTES = 30_000


class BadValue(Exception):
    """A value that its field cannot have: `code` of the record, and why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def to_store(field: LeadFieldSpec, value: Any) -> Any:
    """None and the empty text both clear. Raises `BadValue`."""
    if value is None or value == "":
        return None
    try:
        return _READERS.get(sql_type(field.data_type), _text)(field, value)
    except (ValueError, OverflowError) as error:
        wanted = field.data_type.capitalize()
        raise BadValue("1001", f"Invalid value '{value}'. Required of type '{wanted}'") from error


def _text(field: LeadFieldSpec, value: Any) -> str:
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    if isinstance(value, dict | list):
        raise ValueError(text)
    if field.data_type == "email" and not text.isascii():
        raise BadValue("1003", f"Invalid email address '{text}': only ASCII characters are allowed")
    longest = field.length or TEXT_BYTES
    if (len(text.encode()) if field.data_type == "text" else len(text)) > longest:
        raise BadValue("1003", f"Value for field '{field.name}' is longer than {longest}")
    return text


def _integer(_: LeadFieldSpec, value: Any) -> int:
    if isinstance(value, bool):
        raise ValueError("a boolean")
    if isinstance(value, float) and value != math.floor(value):
        raise ValueError("a fraction")
    number = int(value)
    if abs(number) > 2**31 - 1:
        raise ValueError("too large")
    return number


def _float(_: LeadFieldSpec, value: Any) -> float:
    number = float(value)
    if isinstance(value, bool) or not math.isfinite(number):
        raise ValueError("not a number")
    return number


def _boolean(_: LeadFieldSpec, value: Any) -> bool:
    word = str(value).strip().lower()
    if word not in TRUE | FALSE:
        raise ValueError(word)
    return word in TRUE


def _date(_: LeadFieldSpec, value: Any) -> date:
    return date.fromisoformat(str(value)[:10])


def read_time(_: LeadFieldSpec | None, value: Any) -> datetime:
    """UTC without a zone; a time without a zone is one of GMT. Raises `ValueError`."""
    text = re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", str(value).strip())  # "+0000"
    at = datetime.fromisoformat(text)
    try:
        return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
    except OverflowError as error:  # in UTC it is before the first or after the last day that there is
        raise ValueError(str(error)) from error


_READERS = {"bigint": _integer, "double": _float, "boolean": _boolean, "date": _date, "timestamp": read_time}


def to_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return value.isoformat() if isinstance(value, date) else value
