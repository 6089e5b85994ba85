"""Where records of a CSV end: at line breaks outside quotes, told by the parity of the quotes before them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

QUOTE: Final = 0x22
COMMA: Final = 0x2C
LINE_FEED: Final = 0x0A
CARRIAGE_RETURN: Final = 0x0D
SEARCHED: Final = 1 << 20  # bytes at once: they stay in the processor's cache


def first_end(text: bytes | bytearray, start: int = 0) -> int | None:
    """Where the record that begins at `start` ends, its line break included; None where it does not end here."""
    odd, at = 0, start
    while (found := text.find(b"\n", at)) >= 0:
        odd ^= text.count(b'"', at, found) & 1
        at = found + 1
        if not odd:
            return at
    return None


def last_end(text: bytes | bytearray, limit: int) -> int | None:
    """The latest end of a record in the first `limit` bytes of a text that begins with a record."""
    odd, at = text.count(b'"', 0, limit) & 1, limit
    while (found := text.rfind(b"\n", 0, at)) >= 0:
        odd ^= text.count(b'"', found, at) & 1
        if not odd:
            return found + 1
        at = found
    return None


def record_ends(text: bytes) -> npt.NDArray[np.int64]:
    """Of all records and of blank lines between them; the last one's whether or not it has a line break."""
    found, ends, quotes = np.frombuffer(text, np.uint8), [], 0
    for start in range(0, len(found), SEARCHED):
        some = found[start : start + SEARCHED]
        breaks, quoted = np.flatnonzero(some == LINE_FEED), np.flatnonzero(some == QUOTE)
        outside = (np.searchsorted(quoted, breaks) + quotes) & 1 == 0
        ends.append(breaks[outside] + (start + 1))
        quotes += len(quoted)
    whole = np.concatenate([np.zeros(0, np.int64), *ends])
    return whole if whole.size and whole[-1] == len(text) else np.append(whole, len(text))


def filled(text: bytes, ends: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Numbers of the records, as `record_ends` has them, that are no blank lines."""
    found, lengths = np.frombuffer(text, np.uint8), np.diff(ends, prepend=0)
    short = np.flatnonzero(lengths <= 2)
    last, first = found[ends[short] - 1], found[ends[short] - lengths[short]]
    blank = (last == LINE_FEED) & ((lengths[short] == 1) | (first == CARRIAGE_RETURN))
    return np.delete(np.arange(len(ends)), short[blank])


@dataclass(frozen=True, slots=True)
class Records:
    """All records of a text, the header first: where each ends, its cells, and the line (from 1) on which it begins."""

    ends: npt.NDArray[np.int64]
    cells: npt.NDArray[np.int64]
    lines: npt.NDArray[np.int64]
    filled: npt.NDArray[np.int64]  # numbers of those that are no blank lines

    def start(self, number: int) -> int:
        return int(self.ends[number - 1]) if number else 0

    def ragged(self, cells: int) -> npt.NDArray[np.int64]:
        """Numbers of those that have more or fewer cells, blank lines aside."""
        return np.intersect1d(self.filled, np.flatnonzero(self.cells != cells))


def find_records(text: bytes) -> Records:
    found, ends = np.frombuffer(text, np.uint8), record_ends(text)
    # Counting modulo 256 keeps the parity.
    outside = np.cumsum(found == QUOTE, dtype=np.uint8) & 1 == 0
    commas = np.flatnonzero(outside & (found == COMMA))
    breaks = np.flatnonzero(found == LINE_FEED)
    starts = np.concatenate([[0], ends[:-1]])
    cells = np.searchsorted(commas, ends) - np.searchsorted(commas, starts) + 1
    return Records(ends, cells, np.searchsorted(breaks, starts) + 1, filled(text, ends))
