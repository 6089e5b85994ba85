"""A function's settings, read from its environment when they are first needed.

The settings are frozen dataclasses of text and whole numbers; a field `events_queue_url` is read from
`EVENTS_QUEUE_URL`. Pydantic's settings do more than this needs and cost a cold start some 80 ms (docs/decisions).
"""

import os
from collections.abc import Mapping
from dataclasses import MISSING, Field, field, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def at_least(least: int, *, default: int | None = None) -> Any:
    """A whole number with a lower bound, for a field of a settings class."""
    return field(default=MISSING if default is None else default, metadata={"least": least})


def read_settings[S: "DataclassInstance"](kind: type[S], environment: Mapping[str, str] = os.environ) -> S:
    """Raises ValueError naming every variable that is missing or wrong: a fault of the deployment, told at once."""
    values: dict[str, Any] = {}
    faults = []
    for each in fields(kind):
        name = each.name.upper()
        text = environment.get(name, "")
        try:
            if text:
                values[each.name] = _read(each, text)
            elif each.default is MISSING:
                faults.append(f"{name} is not set")
        except ValueError as error:
            faults.append(f"{name} {error}")
    if faults:
        raise ValueError(f"{kind.__module__}: {'; '.join(faults)}")
    return kind(**values)


def _read(each: Field[Any], text: str) -> str | int:
    if each.type is str:
        return text
    if not text.isdecimal():
        raise ValueError("must be a whole number")
    least: int = each.metadata.get("least", 0)
    if int(text) < least:
        raise ValueError(f"must be at least {least}")
    return int(text)
