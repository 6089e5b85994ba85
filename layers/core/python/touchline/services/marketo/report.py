"""Stage 9: what changed, lead by lead, and the numbers of the whole, for people."""

import tempfile
from typing import IO, Any, Final

import polars as pl

from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.steps import Done, News, Step
from touchline.services.marketo.execution_json import names_of, write_json
from touchline.services.marketo.execution_tables import read_table
from touchline.services.marketo.work import Work, checkpoint_of

COLUMNS: Final = ("id", "field", "before", "after", "rule", "key", "reason")
TEXT: Final = COLUMNS[1:]
# Spreadsheets take what begins so for a formula.
FORMULA: Final = r"^[=+\-@\t\r\n]"


def report(work: Work, execution: Execution) -> Step:
    by_field: dict[str, int] = {}
    with tempfile.TemporaryFile() as file:
        file.write((",".join(COLUMNS) + "\n").encode())
        for name in names_of(work, execution, "changes/"):
            changes = read_table(work, execution, name)
            _append(file, changes)
            for field, count in changes.group_by("field").len().iter_rows():
                by_field[field] = by_field.get(field, 0) + count
        file.seek(0)
        work.files.put(execution.tenant, execution.id, "report/changes.csv", file)
    results = _results(execution, by_field)
    write_json(work, execution, "report/summary.json", _summary(execution, results))
    return Done({}, News(results=results))


def _append(file: IO[bytes], changes: pl.DataFrame) -> None:
    safe = [
        pl.when(pl.col(name).str.contains(FORMULA)).then("'" + pl.col(name)).otherwise(pl.col(name)).alias(name)
        for name in TEXT
    ]
    changes.select("id", *safe).write_csv(file, include_header=False, line_terminator="\n", quote_style="necessary")


def _results(execution: Execution, by_field: dict[str, int]) -> dict[str, Any]:
    written, refused = (checkpoint_of(execution, "write_back").get(name, 0) for name in ("written", "refused"))
    tried = written + refused
    return {
        "changes_by_field": dict(sorted(by_field.items())),
        "success_rate": round(written / tried, 6) if tried else None,
    }


def _summary(execution: Execution, results: dict[str, Any]) -> dict[str, Any]:
    service = execution.service
    return {
        "execution": execution.id,
        "service": {"id": service.id, "name": service.name, "kind": service.kind},
        "list": None if service.list is None else {"kind": service.list.kind, "id": service.list.id},
        "attempts": execution.attempt,
        "started_at": execution.started_at,
        "results": {**execution.results, **results},
        "usage": {"calls": execution.usage.calls, "bytes": execution.usage.bytes},
        "problems": [
            {"stage": problem.stage, "code": problem.code, "message": problem.message, "leads": list(problem.leads)}
            for problem in execution.problems
        ],
    }
