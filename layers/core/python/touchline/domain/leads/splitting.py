"""Cutting an extract into parts while it is downloaded: between records, the same cuts however the bytes come."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from touchline.domain.leads.records import first_end, last_end
from touchline.errors import Malformed

PART_BYTES: Final = 64_000_000  # one function reads it with its columns in some hundred megabytes
# Marketo's largest texts have 30,000 bytes, and a record some dozens of them. Without a limit one quote too many would
# make everything after it one record, and the memory of one function does not hold everything.
LARGEST_RECORD: Final = 8_000_000


def part_name(number: int) -> str:
    return f"extract/part-{number:05d}.csv"


@dataclass(frozen=True, slots=True)
class SplitState:
    """Where to go on: the byte of the extract at which the next part begins, between two records."""

    offset: int = 0
    parts: int = 0  # that are finished
    header: str = ""  # the header's text with its line break; "" until it was read

    def to_json(self) -> dict[str, Any]:
        return {"offset": self.offset, "parts": self.parts, "header": self.header}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        return cls(offset=kept["offset"], parts=kept["parts"], header=kept["header"])


@dataclass(frozen=True, slots=True)
class Part:
    """`body` begins with the header. `after` is what to go on with once the part is kept."""

    number: int
    body: bytes
    after: SplitState


class Splitter:
    """Takes the extract's bytes from `state.offset` on, in pieces of any length, and gives parts of it.

    A part ends with the last record that ends within its first `part_bytes`, or with its first where that is longer;
    so parts depend on the extract alone, and one that is made again is the same. Holds one part and one piece.
    """

    def __init__(self, state: SplitState | None = None, *, part_bytes: int = PART_BYTES) -> None:
        self.state = state or SplitState()
        self._part_bytes = part_bytes
        self._kept = bytearray()

    def feed(self, piece: bytes) -> Iterator[Part]:
        """Parts that the piece completes. Raises `Malformed` where a record is longer than any can be."""
        self._kept += piece
        while (end := self._end_of_part()) is not None:
            yield self._cut(end)

    def finish(self) -> Iterator[Part]:
        """The rest, once there is no more. Raises `Malformed` where it ends inside quotes."""
        if not self._kept:
            return
        if self._kept.count(b'"') % 2:
            raise Malformed("The extract ends inside a quoted cell: it was cut short, or a quote is never closed.")
        yield self._cut(len(self._kept))

    def _end_of_part(self) -> int | None:
        header = self.state.header.encode()
        # The first part holds the header anyway; each other one gets a copy of it.
        room = self._part_bytes - (len(header) if self.state.parts else 0)
        if len(self._kept) < room:
            return None
        end = last_end(self._kept, room) if room > 0 else None
        return self._end_of_long_record() if end is None or not self._has_record(end) else end

    def _has_record(self, end: int) -> bool:
        return self.state.parts > 0 or first_end(self._kept) != end

    def _end_of_long_record(self) -> int | None:
        start = 0 if self.state.parts else first_end(self._kept)
        end = None if start is None else first_end(self._kept, start)
        if end is None and len(self._kept) - (start or 0) > LARGEST_RECORD:
            raise Malformed(
                f"The record at byte {self.state.offset + (start or 0)} of the extract is longer than "
                f"{LARGEST_RECORD:,} bytes: a quote in it, or before it, is not doubled or never closed."
            )
        return end

    def _cut(self, end: int) -> Part:
        raw = bytes(self._kept[:end])
        del self._kept[:end]
        state = self.state
        header = state.header or _text(raw[: first_end(raw)])
        body = header.encode() + raw if state.parts else raw
        self.state = replace(state, offset=state.offset + end, parts=state.parts + 1, header=header)
        return Part(state.parts, body, self.state)


def _text(header: bytes) -> str:
    try:
        return header.decode()
    except UnicodeDecodeError as error:
        raise Malformed("Line 1 of the extract is not UTF-8.") from error


def sha256_of_extract(parts: Iterable[bytes], state: SplitState) -> str:
    """Of the extract's own bytes, as 64 hex digits, from its kept parts in order.

    The state of a running digest cannot be kept between two functions, so it is computed of what was stored: that
    also finds what was damaged on its way there.
    """
    digest = hashlib.sha256()
    header = len(state.header.encode())
    for number, body in enumerate(parts):
        digest.update(body[header:] if number else body)
    return digest.hexdigest()
