"""An execution's tables on the way: changes, merges, fields of the instance. Read and written whole, part by part."""

import io
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import orjson
import polars as pl

from touchline.domain.marketo.api import LeadField
from touchline.domain.marketo.executions import Execution
from touchline.services.marketo.work import Work

FIELDS_FILE = "plan/fields.json"


def read_table(work: Work, execution: Execution, name: str) -> pl.DataFrame:
    """Raises `NotFound`."""
    return pl.read_parquet(io.BytesIO(work.files.get(execution.tenant, execution.id, name)))


def write_table(work: Work, execution: Execution, name: str, table: pl.DataFrame) -> None:
    body = io.BytesIO()
    table.write_parquet(body, compression="zstd", statistics=False)
    work.files.put(execution.tenant, execution.id, name, body.getvalue())


def read_json(work: Work, execution: Execution, name: str) -> Any:
    """Raises `NotFound`."""
    return orjson.loads(work.files.get(execution.tenant, execution.id, name))


def write_json(work: Work, execution: Execution, name: str, facts: Any) -> None:
    work.files.put(execution.tenant, execution.id, name, orjson.dumps(facts))


def names_of(work: Work, execution: Execution, prefix: str) -> list[str]:
    return list(work.files.names(execution.tenant, execution.id, prefix))


def keep_fields(work: Work, execution: Execution, fields: Mapping[str, LeadField]) -> None:
    write_json(work, execution, FIELDS_FILE, [asdict(field) for field in fields.values()])


def kept_fields(work: Work, execution: Execution) -> dict[str, LeadField]:
    """The instance's fields by name, as they were when the extract was ordered."""
    return {field["name"]: LeadField(**field) for field in read_json(work, execution, FIELDS_FILE)}
