"""A part of the extract for an execution that undoes another: what each lead had before."""

from typing import Final

import polars as pl

from touchline.domain.leads.undoing import put_back
from touchline.domain.marketo.executions import Execution
from touchline.services.marketo.execution_json import kept_fields, names_of
from touchline.services.marketo.execution_tables import read_table
from touchline.services.marketo.work import Work

# What names of tables begin with.
CHANGES: Final = "changes/part"
LEFT_ALONE: Final = "quarantine/part"
FOUND: Final = "rows/found"
WRITTEN: Final = "written/table"


def put_back_in(work: Work, execution: Execution, part: pl.DataFrame) -> dict[str, pl.DataFrame]:
    types = {name: field.data_type for name, field in kept_fields(work, execution).items()}
    written = (read_table(work, execution, name) for name in names_of(work, execution, WRITTEN))
    done = put_back(written, part, types, undone=str(execution.undoes))
    return {CHANGES: done.changes, LEFT_ALONE: done.left, FOUND: done.found}
