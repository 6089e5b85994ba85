"""The parts of an extract, by number: CSV, each with the header."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

import polars as pl

from touchline.domain.leads.extract import NULL
from touchline.domain.leads.splitting import part_name
from touchline.domain.marketo.executions import Execution
from touchline.services.marketo.execution_json import names_of
from touchline.services.marketo.work import Work, checkpoint_of

EXTRACT_GONE: Final = "The extract was deleted: it is kept for some days only."
RAW: Final = "extract/raw-"  # files of jobs whose leads are sifted first


def raw_name(job: int, part: int) -> str:
    return f"{RAW}{job:04}-{part:05}.csv"


def store_part(work: Work, execution: Execution, number: int, body: bytes) -> None:
    work.files.put(execution.tenant, execution.id, part_name(number), body)


def read_stored(work: Work, execution: Execution, number: int) -> bytes:
    """Raises `NotFound`."""
    return work.files.get(execution.tenant, execution.id, part_name(number))


def extract_bytes(execution: Execution) -> int:
    """Of the leads that are worked on: where they were sifted, fewer than came."""
    sifted = checkpoint_of(execution, "download").get("size")
    return int(checkpoint_of(execution, "poll").get("size", 0) if sifted is None else sifted)


def part_numbers(work: Work, execution: Execution) -> list[int]:
    """In order."""
    names = names_of(work, execution, "extract/part-")
    return [int(name.removeprefix("extract/part-").removesuffix(".csv")) for name in names]


def frame_as_csv(leads: pl.DataFrame) -> bytes:
    """As the extract has them, `id` integers and all else text: nothing is an unquoted `null`."""
    called_so = any((column == NULL).any() for column in leads.select(pl.col(pl.String)))
    quotes: Literal["non_numeric", "necessary"] = "non_numeric" if called_so else "necessary"
    return leads.write_csv(null_value=NULL, quote_style=quotes).encode()


def rows_as_csv(header: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Leads that Marketo answered, as the extract has them. Nothing is an empty cell: somebody may be called null."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_NOTNULL)
    writer.writerow(header)
    writer.writerows([_cell(row.get(name)) for name in header] for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)
