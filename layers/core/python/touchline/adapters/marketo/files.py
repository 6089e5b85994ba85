"""Files of bulk extracts, in ranges, as they come: nothing is kept, and what comes is measured."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

import httpx

from touchline.adapters.marketo.ask import Ask
from touchline.adapters.marketo.calls import Calls
from touchline.adapters.marketo.envelope import FIRST_BYTES, check_file
from touchline.adapters.marketo.exports import PERMISSIONS, file_path
from touchline.adapters.marketo.trouble import Missing, NoAnswer
from touchline.adapters.marketo.wire import pieces
from touchline.domain.marketo.api import JobKind
from touchline.errors import MarketoUnavailable, NotFound, StoreUnavailable

SLOWEST_BYTES_A_SECOND: Final = 50_000
CONTENT_RANGE: Final = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15}|\*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class OpenFile:
    """`begins_at`: which byte of the file comes first."""

    begins_at: int
    first: bytes
    rest: Iterator[bytes]


def read_export(calls: Calls, kind: JobKind, job: str, start: int, end: int) -> Iterator[bytes]:
    if end <= start:
        return
    reached = start
    calls.use_bytes(end - start)
    try:
        for piece in _pieces(calls, kind, job, start, end):
            reached += len(piece)
            yield piece
    finally:
        # What did not come is counted when it comes.
        if reached < end:
            with suppress(StoreUnavailable):
                calls.use_bytes(reached - end)
    if reached < end:
        raise MarketoUnavailable(f"Marketo's file ended {end - reached:,} bytes too early, at byte {reached:,}.")


def _pieces(calls: Calls, kind: JobKind, job: str, start: int, end: int) -> Iterator[bytes]:
    ask = Ask(
        "GET",
        file_path(kind, job),
        PERMISSIONS[kind],
        headers={"Range": f"bytes={start}-{end - 1}", "Accept-Encoding": "identity"},
        lasts_seconds=120 + (end - start) / SLOWEST_BYTES_A_SECOND,
    )
    nothing = True
    for piece in _asked(calls, ask, start, end):
        nothing = False
        yield piece
    if nothing and end == start + 1:
        # Servers are known that leave out the last byte of each range: the file's own last one comes with the whole.
        whole = replace(ask, headers={"Accept-Encoding": "identity"}, lasts_seconds=900)
        yield from _asked(calls, whole, start, end)


def _asked(calls: Calls, ask: Ask, start: int, end: int) -> Iterator[bytes]:
    """What one answer brings of [start, end)."""
    try:
        with calls.answered(ask, lambda response: _opened(response, ask.longest_seconds)) as file:
            yield from _within(file, start, end)
    except Missing as error:
        raise NotFound(f"Marketo has no file of this export (yet): {error}") from None
    except NoAnswer as trouble:
        raise MarketoUnavailable(trouble.reason) from None


def _opened(response: httpx.Response, longest_seconds: float) -> OpenFile:
    """With its first bytes, which show whether it is a file at all."""
    rest = pieces(response, longest_seconds)
    first = b""
    for piece in rest:
        first += piece
        if len(first) >= FIRST_BYTES or first.lstrip()[:1] != b"{":
            break
    check_file(response, first)
    return OpenFile(_begins_at(response), first, rest)


def _begins_at(response: httpx.Response) -> int:
    if response.status_code != 206:
        return 0
    told = CONTENT_RANGE.fullmatch(response.headers.get("content-range", "").strip())
    if told is None:
        raise NoAnswer("Marketo sent a part of the file without saying which.", sent=True)
    return int(told[1])


def _within(file: OpenFile, start: int, end: int) -> Iterator[bytes]:
    """Never a byte more than was asked for, and none that was not."""
    if file.begins_at > start:
        raise NoAnswer(f"Marketo sent the file from byte {file.begins_at:,} on instead of {start:,}.", sent=True)
    at = file.begins_at
    for piece in _all(file):
        wanted = piece[max(0, start - at) : max(0, end - at)]
        at += len(piece)
        if wanted:
            yield wanted
        if at >= end:
            return


def _all(file: OpenFile) -> Iterator[bytes]:
    yield file.first
    yield from file.rest
