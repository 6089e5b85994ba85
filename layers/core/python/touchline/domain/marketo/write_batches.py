"""Changes as Marketo takes them with the fewest calls: files for a bulk import, and rows to be sent 300 at once.

A file changes the same fields of all its leads: no cell says that its field stays as it is, and `null` clears it. Where
few leads change the same fields, a file costs more calls than it saves: these leads are sent by themselves, each with
its own fields.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any, Final

import polars as pl

from touchline.domain.marketo.api import LeadField
from touchline.domain.marketo.limits import BATCH, IMPORT_BYTES

CALLS_OF_AN_IMPORT: Final = 4  # the file, and asking what became of it
WORTH_A_FILE: Final = CALLS_OF_AN_IMPORT * BATCH
NEXT: Final = "\x1f"  # between names of fields, none of which has it

type Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ImportFile:
    leads: int
    csv: bytes


@dataclass(frozen=True, slots=True)
class Rows:
    """At most 300 leads by id, each with the fields that change."""

    rows: tuple[Row, ...]


def write_batches(
    changes: pl.DataFrame, fields: Mapping[str, LeadField], *, column: str = "after", limit: int = IMPORT_BYTES
) -> Iterator[ImportFile | Rows]:
    """`changes`: one row for each changed field of a lead (id, field, and its value as text in `column`), all of a
    lead's rows together. The same changes give the same batches in the same order, whatever theirs was.
    """
    ordered = changes.select("id", "field", pl.col(column).alias("value")).sort("id", "field")
    by_set = ordered.group_by("id", maintain_order=True).agg(pl.col("field").str.join(NEXT).alias("set"))
    counts = by_set.group_by("set").len().sort("set")
    large = counts.filter(pl.col("len") > WORTH_A_FILE)["set"].to_list()
    for names in large:
        ids = by_set.filter(pl.col("set") == names).select("id")
        table = ordered.join(ids, on="id", how="semi").pivot(on="field", index="id", values="value")
        yield from _files(table.select("id", *names.split(NEXT)), limit)
    few = ordered.join(by_set.filter(~pl.col("set").is_in(large)), on="id", how="semi")
    for some in batched(_rows(few, fields), BATCH, strict=False):
        yield Rows(some)


def _files(table: pl.DataFrame, limit: int) -> Iterator[ImportFile]:
    waiting = [table]
    while waiting:
        part = waiting.pop()
        csv = part.write_csv(line_terminator="\n", null_value="null").encode()
        if len(csv) <= limit or part.height == 1:
            yield ImportFile(part.height, csv)
            continue
        half = part.height // 2
        waiting += [part.slice(half), part.slice(0, half)]


def _rows(changes: pl.DataFrame, fields: Mapping[str, LeadField]) -> Iterator[Row]:
    row: Row = {}
    for lead, name, value in changes.iter_rows():
        if row and row["id"] != lead:
            yield row
            row = {}
        row |= {"id": lead, name: typed(value, fields[name].data_type if name in fields else "string")}
    if row:
        yield row


def typed(value: str | None, data_type: str) -> Any:
    """The text of an extract as JSON has it."""
    if value is None:
        return None
    if data_type == "boolean":
        return _is_true(value)
    if data_type in {"integer", "score"}:
        return int(value)
    if data_type in {"float", "currency", "percent"}:
        return float(value)
    return value


def _is_true(value: Any) -> bool:
    return str(value).casefold() in {"true", "1"}


def same_value(read: Any, wanted: str | None, data_type: str) -> bool:
    """Whether what Marketo answers is what was written: blank and nothing are one, numbers count by their value, and
    what is not true is false."""
    if data_type == "boolean":
        return _is_true(read) == _is_true(wanted)
    if wanted in {None, ""} or read in {None, ""}:
        return (wanted or "") == ("" if read is None else str(read))
    if data_type in {"float", "currency", "percent", "integer", "score"}:
        return float(read) == float(str(wanted))
    return str(read) == wanted


def failed_ids(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Of the rows that an import gives back."""
    return sorted({int(row["id"]) for row in rows if str(row.get("id") or "").isdigit()})
