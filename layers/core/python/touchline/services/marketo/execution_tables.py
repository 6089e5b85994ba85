"""Tables of an execution on their way: changes, merges, rows. Read and written whole, part by part."""

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.files import is_kept
from touchline.marketo_ports import ExecutionFiles
from touchline.services.marketo.work import Work

# What is kept for long is as small as it gets without waiting for it; what is read once and gone is written soon.
KEPT: Final[Mapping[str, Any]] = {"compression": "zstd", "compression_level": 1, "statistics": False}
PASSING: Final[Mapping[str, Any]] = {"compression": "lz4", "statistics": False}


def read_table(work: Work, execution: Execution, name: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """All columns, unless some are named. Raises `NotFound`."""
    return get_table(work.files, execution.tenant, execution.id, name, columns)


def write_table(work: Work, execution: Execution, name: str, table: pl.DataFrame) -> None:
    put_table(work.files, execution.tenant, execution.id, name, table)


def get_table(
    files: ExecutionFiles, tenant: str, owner: str, name: str, columns: Sequence[str] | None = None
) -> pl.DataFrame:
    """`owner`: an execution, or a service for what lies between its executions. Raises `NotFound`."""
    body = io.BytesIO(files.get(tenant, owner, name))
    return pl.read_parquet(body, columns=None if columns is None else list(columns))


def put_table(files: ExecutionFiles, tenant: str, owner: str, name: str, table: pl.DataFrame) -> None:
    body = io.BytesIO()
    table.write_parquet(body, **(KEPT if is_kept(name) else PASSING))
    files.put(tenant, owner, name, body.getvalue())
