"""The part of a file that a Range header asks for (RFC 9110, 14.1.2), with the bug that Marketo once had."""

import re
from dataclasses import dataclass
from typing import Final

_ONE_RANGE: Final = re.compile(r"\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*", re.IGNORECASE)


class Unsatisfiable(Exception):
    """The range begins behind the file's end."""


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes [start, end) of `size`."""

    start: int
    end: int
    size: int

    @property
    def content_range(self) -> str:
        return f"bytes {self.start}-{self.end - 1}/{self.size}"


def read_range(header: str | None, size: int) -> Span | None:
    """None: the whole file, as without a header, and where the header is not a single range of bytes."""
    found = _ONE_RANGE.fullmatch(header or "")
    if found is None or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size
        if not int(last) or not size:
            raise Unsatisfiable
        return Span(start, end, size)
    start, end = int(first), min(int(last) + 1, size) if last else size
    if last and int(last) < start:
        return None
    if start >= size:
        raise Unsatisfiable
    return Span(start, end, size)


def without_last_byte(span: Span) -> Span:
    """Until August 2021 the server dropped the last byte of a range, and said a length that was right for what came."""
    return Span(span.start, max(span.start, span.end - 1), span.size)
