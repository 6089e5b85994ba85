"""Tables of an execution on their way: changes, merges, rows. Read and written whole, part by part."""

import io

import polars as pl

from touchline.domain.marketo.executions import Execution
from touchline.services.marketo.work import Work


def read_table(work: Work, execution: Execution, name: str) -> pl.DataFrame:
    """Raises `NotFound`."""
    return pl.read_parquet(io.BytesIO(work.files.get(execution.tenant, execution.id, name)))


def write_table(work: Work, execution: Execution, name: str, table: pl.DataFrame) -> None:
    body = io.BytesIO()
    table.write_parquet(body, compression="zstd", statistics=False)
    work.files.put(execution.tenant, execution.id, name, body.getvalue())
