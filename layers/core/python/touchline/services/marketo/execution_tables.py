"""Tables of an execution on their way: changes, merges, rows. Read and written whole, part by part."""

import io
from collections.abc import Sequence

import polars as pl

from touchline.domain.marketo.executions import Execution
from touchline.services.marketo.work import Work


def read_table(work: Work, execution: Execution, name: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """All columns, unless some are named. Raises `NotFound`."""
    body = io.BytesIO(work.files.get(execution.tenant, execution.id, name))
    return pl.read_parquet(body, columns=None if columns is None else list(columns))


def write_table(work: Work, execution: Execution, name: str, table: pl.DataFrame) -> None:
    body = io.BytesIO()
    table.write_parquet(body, compression="zstd", statistics=False)
    work.files.put(execution.tenant, execution.id, name, body.getvalue())
