"""Members of an answer's objects: of the type that they must have, or the answer is none."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from touchline.adapters.marketo.envelope import UNKNOWN_SHAPE
from touchline.adapters.marketo.trouble import harmless
from touchline.errors import MarketoUnavailable

type Members = Mapping[str, Any]


def whole_number(members: Members, name: str) -> int:
    """Also where it comes as text."""
    found = optional_number(members, name)
    if found is None:
        raise MarketoUnavailable(f"{UNKNOWN_SHAPE} {name} is missing, or no whole number.")
    return found


def optional_number(members: Members, name: str) -> int | None:
    found = members.get(name)
    if isinstance(found, str) and found.isascii() and found.isdigit():
        return int(found[:18])
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def text(members: Members, name: str) -> str:
    found = members.get(name)
    if not isinstance(found, str) or not found:
        raise MarketoUnavailable(f"{UNKNOWN_SHAPE} {name} is missing, or no text.")
    return found


def optional_text(members: Members, name: str) -> str | None:
    """Fit for logs and people."""
    found = members.get(name)
    return None if found is None else harmless(found)


def optional_moment(members: Members, name: str) -> int | None:
    """Epoch ms."""
    found = members.get(name)
    try:
        return round(datetime.fromisoformat(str(found).replace("Z+0000", "+00:00")).timestamp() * 1000)
    except ValueError:
        return None


def one_of[Name: str](found: str, names: tuple[Name, ...]) -> Name:
    for name in names:
        if name == found:
            return name
    raise MarketoUnavailable(f"{UNKNOWN_SHAPE} {harmless(found)!r} is none of {', '.join(names)}.")
