"""What an answer says: the JSON around every result, errors that come as 200, and statuses that are errors.

Nothing in it is believed before it was looked at: sizes, types and shapes are those that Marketo publishes.
"""

from typing import Any, Final

import httpx
import orjson

from touchline.adapters.marketo.ask import Ask
from touchline.adapters.marketo.trouble import NoAnswer, Said
from touchline.adapters.marketo.wire import pieces
from touchline.errors import MarketoUnavailable

type Body = dict[str, Any]

FIRST_BYTES: Final = 65_536
UNKNOWN_SHAPE: Final = "Marketo answered in a way that nobody knows."


def read_json(response: httpx.Response, ask: Ask) -> Body:
    """The whole answer. Raises Said where it is an error, NoAnswer where it is none that can be read."""
    body = read_whole(response, ask)
    check_status(response, body)
    return read_envelope(body)


def read_whole(response: httpx.Response, ask: Ask) -> bytes:
    read = bytearray()
    for piece in pieces(response, ask.longest_seconds):
        read += piece
        if len(read) > ask.most_bytes:
            raise NoAnswer(f"Marketo's answer is larger than {ask.most_bytes:,} bytes.", sent=True)
    return bytes(read)


def check_status(response: httpx.Response, body: bytes = b"") -> None:
    status = response.status_code
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise Said(str(status), "Marketo answered with a redirection, which is not followed: is the endpoint right?")
    if status >= 500 or status in (408, 429):
        raise Said("502", f"HTTP {status}")
    if body.lstrip()[:1] == b"{":
        read_envelope(body)
    raise Said(str(status), f"HTTP {status}")


def read_envelope(body: bytes) -> Body:
    try:
        read = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise NoAnswer("Marketo answered with something that is not JSON.", sent=True) from None
    if not isinstance(read, dict):
        raise NoAnswer(UNKNOWN_SHAPE, sent=True)
    errors = read.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        raise Said(str(errors[0].get("code", ""))[:8], str(errors[0].get("message", "")))
    if read.get("success") is not True:
        raise NoAnswer(UNKNOWN_SHAPE, sent=True)
    return read


def check_file(response: httpx.Response, first: bytes) -> None:
    """Raises Said where an error came in place of a file: told by what it is called, and by how it looks.

    `first`: the body's first bytes; errors are short, so they are among them whole.
    """
    check_status(response, first)
    called_json = "json" in response.headers.get("content-type", "").lower()
    if called_json or (first.lstrip()[:1] == b"{" and b'"success"' in first and b'"requestId"' in first):
        read_envelope(first)
        raise NoAnswer("Marketo answered with JSON in place of a file.", sent=True)


def results(body: Body) -> list[Body]:
    """Absent where nothing was found."""
    found = body.get("result", [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise MarketoUnavailable(UNKNOWN_SHAPE)
    return found
