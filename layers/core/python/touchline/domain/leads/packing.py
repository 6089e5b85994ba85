"""Tables as bytes: those of all slices in one object, each of which can be read alone, and decisions as files."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from touchline.domain.leads.decisions import Decision


@dataclass(frozen=True, slots=True)
class Packed:
    """`ends`: where the table of each slice ends in `body`, in bytes; the first begins at 0."""

    body: bytes
    ends: tuple[int, ...]

    def range_of(self, number: int) -> tuple[int, int]:
        """First byte and the one after the last."""
        return (self.ends[number - 1] if number else 0, self.ends[number])


def pack(tables: Sequence[pl.DataFrame]) -> Packed:
    body, ends = io.BytesIO(), []
    for table in tables:
        one = io.BytesIO()
        table.write_ipc(one, compression="lz4")
        body.write(one.getbuffer())
        ends.append(body.tell())
    return Packed(body.getvalue(), tuple(ends))


def unpack(table: bytes) -> pl.DataFrame:
    """`table`: the bytes of one slice."""
    return pl.read_ipc(io.BytesIO(table))


def decision_files(decision: Decision) -> dict[str, bytes]:
    """Parquet by name; the same decision is the same bytes."""
    return {
        "changes/part-00000.parquet": _parquet(decision.changes),
        "merges/part-00000.parquet": _parquet(decision.merges),
        "quarantine/part-00000.parquet": _parquet(decision.quarantine),
    }


def _parquet(table: pl.DataFrame) -> bytes:
    file = io.BytesIO()
    table.rechunk().write_parquet(file, compression="zstd", row_group_size=1 << 18)
    return file.getvalue()
