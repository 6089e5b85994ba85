"""Where each event of a request begins and ends, for keeping a rejected one exactly as it came.

Slower and more patient than orjson: NaN, half surrogate pairs, control characters and bytes that are not UTF-8 are
let through, so that validation can name the field of the one event that holds them. Duplicate keys: the last counts.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from touchline.errors import Malformed

_BLANK: Final = re.compile(r"[ \t\n\r]*")
_LONGEST_INT: Final = 19  # digits; Python refuses ints over 4,300, and orjson reads those over 64 bits as floats, too


def _int(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INT else float(digits)


_decode: Final = json.JSONDecoder(strict=False, parse_int=_int).raw_decode


class Span(NamedTuple):
    value: Any
    start: int
    end: int


def text_of(body: bytes) -> str:
    """Bytes that are not UTF-8 become half surrogates, which validation refuses."""
    return body.decode("utf-8", "surrogateescape")


def byte_text(body: bytes) -> str:
    """One character for each byte: places in it are places in the body, and it takes no more memory than the body.

    JSON's own signs are ASCII, so that it is read as the same values but for the letters inside of texts.
    """
    return body.decode("latin-1")


def whole_value(text: str) -> Span:
    """The one value that the text is. Raises Malformed."""
    span = _value(text, _skip(text, 0))
    if _skip(text, span.end) != len(text):
        raise _malformed(text, span.end)
    return span


def members(text: str, start: int) -> Iterator[tuple[str, Span]]:
    """Of the object that begins at `start`, in a text that `whole_value` has read."""
    at = _skip(text, start + 1)
    while text[at] != "}":
        key = _value(text, at)
        value = _value(text, _skip(text, _skip(text, key.end) + 1))
        yield key.value, value
        at = _after_comma(text, value.end)


def elements(text: str, start: int) -> Iterator[Span]:
    """Of the array that begins at `start`, in a text that `whole_value` has read."""
    at = _skip(text, start + 1)
    while text[at] != "]":
        value = _value(text, at)
        yield value
        at = _after_comma(text, value.end)


def _value(text: str, at: int) -> Span:
    try:
        value, end = _decode(text, at)
    except RecursionError as error:
        raise Malformed("The body is nested too deeply.") from error
    except (ValueError, StopIteration) as error:
        raise _malformed(text, getattr(error, "pos", at)) from error
    return Span(value, at, end)


def _after_comma(text: str, at: int) -> int:
    at = _skip(text, at)
    return _skip(text, at + 1) if text[at] == "," else at


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _malformed(text: str, at: int) -> Malformed:
    line = text.count("\n", 0, at) + 1
    column = at - text.rfind("\n", 0, at)
    return Malformed(f"The body is not JSON: see line {line}, column {column}.")
