"""Columns as one object of bytes: a header, then each column as a zstd frame that proves itself by its checksum."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import orjson
import zstandard
from numpy.typing import NDArray

from touchline.errors import StoreUnavailable

MAGIC: Final = b"TLCOLS01"
HEADER_AT: Final = len(MAGIC) + 8
LEVEL: Final = 3

# Numbers, fixed-width bytes, or a list that is kept as JSON.
type Column = NDArray[Any] | list[Any]


@dataclass(frozen=True, slots=True)
class MadeColumns:
    """Columns of a day's events by name."""

    rows: int
    columns: dict[str, Column]


def pack(columns: Mapping[str, Column], facts: Mapping[str, Any]) -> bytes:
    """`facts` go into the header: what is read without any column."""
    compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
    frames = {name: compressor.compress(_raw(column)) for name, column in columns.items()}
    placed = dict(_places(columns, frames))
    header = orjson.dumps({"facts": dict(facts), "columns": placed})
    return b"".join([MAGIC, len(header).to_bytes(8), header, *frames.values()])


class PackedColumns:
    """Reads one column at a time. Raises StoreUnavailable for bytes that are not whole."""

    def __init__(self, body: bytes | memoryview) -> None:
        self._body = memoryview(body)
        if bytes(self._body[: len(MAGIC)]) != MAGIC:
            raise StoreUnavailable("A file of columns is not of this format.")
        end = HEADER_AT + int.from_bytes(self._body[len(MAGIC) : HEADER_AT])
        header = orjson.loads(self._body[HEADER_AT:end])
        self.facts: dict[str, Any] = header["facts"]
        self.columns: dict[str, dict[str, Any]] = header["columns"]
        self._frames = end

    def numbers(self, name: str) -> NDArray[Any]:
        return np.frombuffer(self._unpacked(name), self.columns[name]["dtype"])

    def listed(self, name: str) -> list[Any]:
        found: list[Any] = orjson.loads(self._unpacked(name))
        return found

    def _unpacked(self, name: str) -> bytes:
        place = self.columns[name]
        begin = self._frames + place["at"]
        try:
            return zstandard.ZstdDecompressor().decompress(self._body[begin : begin + place["bytes"]])
        except zstandard.ZstdError as error:
            raise StoreUnavailable(f"The column {name} of a file is damaged.") from error


def _places(columns: Mapping[str, Column], frames: Mapping[str, bytes]) -> Iterator[tuple[str, dict[str, Any]]]:
    at = 0
    for name, column in columns.items():
        kind = "json" if isinstance(column, list) else column.dtype.str
        yield name, {"dtype": kind, "at": at, "bytes": len(frames[name])}
        at += len(frames[name])


def _raw(column: Column) -> bytes:
    return orjson.dumps(column) if isinstance(column, list) else np.ascontiguousarray(column).tobytes()
