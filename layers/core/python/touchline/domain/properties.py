"""Free properties as typed key-value keywords: `plan=pro`, `price:=12.5`, `vip:=true`.

Every customer's keys share one field of the index, so none can grow its mapping. `=`, `:` and `\\` inside a key are
escaped with `\\`; nested keys are joined with dots; an array repeats its key; null is left out.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from math import isfinite
from typing import Final

from touchline.domain.limits import (
    PROPERTY_ARRAY_ITEMS,
    PROPERTY_DEPTH,
    PROPERTY_KEY_CHARS,
    PROPERTY_KEYS,
    PROPERTY_STRING_CHARS,
)
from touchline.domain.rejection import Refused
from touchline.domain.text import check_text, shown

type Scalar = str | int | float | bool

ROOT: Final = "properties"
WHOLE_FLOATS: Final = 2**53  # above this, a float's neighbours are more than 1 apart
_SPECIAL: Final = re.compile(r"[=:\\]")
_ENTRY: Final = re.compile(r"((?:[^=:\\]|\\.)*)(:?=)(.*)", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


def flatten_properties(properties: object) -> list[str]:
    """In the order sent. Raises Refused with the path of what is over a limit or of no use."""
    if type(properties) is not dict:
        raise Refused("wrong_type", ROOT, "properties must be an object.")
    entries: list[str] = []
    keys = _add_object(entries, "", properties, 1)
    if keys > PROPERTY_KEYS:
        raise Refused(
            "too_many_properties",
            ROOT,
            f"properties has {keys} keys when flattened; at most {PROPERTY_KEYS} are taken.",
        )
    return entries


def property_entry(key: str, value: Scalar) -> str:
    """The keyword of one key (dots already in it) and one value; what a filter looks for."""
    return _entry(_SPECIAL.sub(r"\\\g<0>", key), value)


def escaped_key(entry: str) -> str:
    """The key of one keyword as it is written there."""
    found = _ENTRY.match(entry)
    return "" if found is None else found[1]


def read_entry(entry: str) -> tuple[str, Scalar]:
    """The key and the typed value of one keyword."""
    found = _ENTRY.fullmatch(entry)
    if found is None:
        raise ValueError(f"not a property entry: {entry!r}")
    key, typed, text = _ESCAPED.sub(r"\1", found[1]), found[2] == ":=", found[3]
    if not typed:
        return key, text
    if text in {"true", "false"}:
        return key, text == "true"
    return key, int(text) if text.lstrip("-").isdigit() else float(text)


def _add_object(entries: list[str], prefix: str, members: Mapping[str, object], depth: int) -> int:
    keys = 0
    for name, value in members.items():
        key = prefix + _escaped_key(name)
        # The commonest types first, and `type` in place of isinstance, which takes True for an int.
        # check_text's own first steps, here for speed: nearly every text ends with them.
        if type(value) is str and value.isascii() and value.isprintable() and len(value) <= PROPERTY_STRING_CHARS:
            entries.append(f"{key}={value}")
        elif type(value) is str:
            entries.append(f"{key}={check_text(value, ROOT, key, PROPERTY_STRING_CHARS)}")
        elif type(value) is int:
            entries.append(f"{key}:={value}")
        elif type(value) is dict:
            keys += _add_nested(entries, key, value, depth) - 1
        elif type(value) is list:
            _add_array(entries, key, value)
        elif value is not None:
            entries.append(_typed(key, value))
        keys += 1
    return keys


def _add_nested(entries: list[str], key: str, value: Mapping[str, object], depth: int) -> int:
    if depth >= PROPERTY_DEPTH:
        raise Refused("too_deep", _path(key), f"{_path(key)} is nested deeper than {PROPERTY_DEPTH} levels.")
    return _add_object(entries, f"{key}.", value, depth + 1)


def _add_array(entries: list[str], key: str, items: list[object]) -> None:
    if len(items) > PROPERTY_ARRAY_ITEMS:
        raise Refused(
            "array_too_long",
            _path(key),
            f"{_path(key)} has {len(items)} items; at most {PROPERTY_ARRAY_ITEMS} are taken.",
        )
    for item in items:
        if type(item) is str:
            entries.append(f"{key}={check_text(item, ROOT, key, PROPERTY_STRING_CHARS)}")
        elif item is not None:
            entries.append(_typed(key, item))


def _typed(key: str, value: object) -> str:
    if isinstance(value, bool | int | float):
        if type(value) is float and not isfinite(value):
            raise Refused("number_not_finite", _path(key), f"{_path(key)} is not a finite number.")
        return _entry(key, value)
    raise Refused(
        "wrong_type", _path(key), f"{_path(key)} must be text, a number, true or false, or an array of these."
    )


def _entry(escaped: str, value: Scalar) -> str:
    """One number has one text, however it was written: 1.0 is 1, so that a filter finds both."""
    if type(value) is str:
        return f"{escaped}={value}"
    if type(value) is bool:
        return f"{escaped}:={'true' if value else 'false'}"
    if type(value) is float and value.is_integer() and abs(value) <= WHOLE_FLOATS:
        return f"{escaped}:={int(value)}"
    return f"{escaped}:={value!r}"


# Keys repeat from event to event; exceptions are not remembered, and 4,096 keys are at most 1 MB.
@lru_cache(maxsize=4096)
def _escaped_key(name: str) -> str:
    if not name:
        raise Refused("missing_field", ROOT, "A property's key is empty.")
    check_text(name, ROOT, shown(name), PROPERTY_KEY_CHARS)
    return _SPECIAL.sub(r"\\\g<0>", name)


def _path(key: str) -> str:
    return f"{ROOT}.{key}"
