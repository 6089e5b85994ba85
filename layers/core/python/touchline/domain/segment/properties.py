"""Properties and traits made to fit what an event may have: nothing that matters to a count is refused for its length.

Arrays of objects become an array for each of their keys; what is nested deeper than an event may be becomes JSON text;
blanks take the place of characters that cannot be seen; texts and arrays over the limit are cut. Keys that were cut or
became text are listed in `fitted`.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from touchline.domain.limits import PROPERTY_ARRAY_ITEMS, PROPERTY_DEPTH, PROPERTY_STRING_CHARS
from touchline.domain.text import HIDDEN

FITTED: Final = "fitted"


def fit_properties(properties: Mapping[str, Any]) -> dict[str, Any]:
    fitted: list[str] = []
    fit = {key: _fit(value, key, 1, fitted) for key, value in properties.items()}
    return fit | {FITTED: fitted[:PROPERTY_ARRAY_ITEMS]} if fitted else fit


def plain(text: str) -> str:
    """Without what cannot be seen."""
    return " ".join(HIDDEN.sub(" ", text).split()) if HIDDEN.search(text) else text


def _fit(value: Any, path: str, depth: int, fitted: list[str]) -> Any:
    match value:
        case str():
            return _cut(plain(value), path, fitted)
        case dict() if depth < PROPERTY_DEPTH:
            return {key: _fit(one, f"{path}.{key}", depth + 1, fitted) for key, one in value.items()}
        case dict():
            return _as_text(value, path, fitted)
        case list():
            return _fit_array(value, path, depth, fitted)
        case _:
            return value


def _fit_array(items: list[Any], path: str, depth: int, fitted: list[str]) -> Any:
    if any(isinstance(item, dict) for item in items) and depth < PROPERTY_DEPTH:
        objects = [item for item in items if isinstance(item, dict)]
        if len(objects) < len(items):
            fitted.append(path)
        keys = dict.fromkeys(key for item in objects for key in item)
        columns = {key: [item[key] for item in objects if item.get(key) is not None] for key in keys}
        return {key: _fit(column, f"{path}.{key}", PROPERTY_DEPTH, fitted) for key, column in columns.items()}
    if len(items) > PROPERTY_ARRAY_ITEMS:
        fitted.append(path)
    return [_fit_item(item, path, fitted) for item in items[:PROPERTY_ARRAY_ITEMS]]


def _fit_item(item: Any, path: str, fitted: list[str]) -> Any:
    return _as_text(item, path, fitted) if isinstance(item, dict | list) else _fit(item, path, PROPERTY_DEPTH, fitted)


def _as_text(value: Any, path: str, fitted: list[str]) -> str:
    fitted.append(path)
    return plain(json.dumps(value, ensure_ascii=False))[:PROPERTY_STRING_CHARS]


def _cut(text: str, path: str, fitted: list[str]) -> str:
    if len(text) > PROPERTY_STRING_CHARS:
        fitted.append(path)
    return text[:PROPERTY_STRING_CHARS]
