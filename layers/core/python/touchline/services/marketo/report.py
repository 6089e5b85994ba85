"""Stage 9: what changed, lead by lead, and the numbers of the whole, for people."""

import tempfile
from typing import IO, Any, Final

import polars as pl

from touchline.domain.leads.changes import CHANGES
from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.steps import Done, News, Step
from touchline.services.marketo.execution_json import names_of, write_json
from touchline.services.marketo.execution_tables import read_table
from touchline.services.marketo.incremental_keeping import let_the_next_go_on
from touchline.services.marketo.merge_plan import merges_of
from touchline.services.marketo.work import Work, checkpoint_of

# Spreadsheets take what begins so for a formula.
FORMULA: Final = r"^[=+\-@\t\r\n]"


def report(work: Work, execution: Execution) -> Step:
    by_field: dict[str, int] = {}
    by_rule: dict[str, int] = {}
    with tempfile.TemporaryFile() as file:
        _append(file, pl.DataFrame(schema=CHANGES))
        for name in names_of(work, execution, "changes/"):
            changes = read_table(work, execution, name)
            _append(file, changes)
            _count(changes, "field", by_field)
            _count(changes.unique("id", keep="first", maintain_order=True), "rule", by_rule)
        _keep(work, execution, "changes", file)
    _others(work, execution)
    results = _results(execution, by_field, by_rule)
    write_json(work, execution, "report/summary.json", _summary(execution, results))
    return Done(let_the_next_go_on(work, execution), News(results=results))


def _others(work: Work, execution: Execution) -> None:
    """Who is merged into whom, with what became of it; and what guards stopped."""
    for kind in ("merges", "quarantine"):
        names = names_of(work, execution, f"{kind}/")
        if not names:
            continue
        with tempfile.TemporaryFile() as file:
            for name in names:
                table = read_table(work, execution, name)
                _append(
                    file, table.join(_became(work, execution), on="group", how="left") if kind == "merges" else table
                )
            _keep(work, execution, kind, file)


def _became(work: Work, execution: Execution) -> pl.DataFrame:
    """Of groups, as the journal has it; a preview has none."""
    merges = [
        (merge.group, merge.state, merge.reason)
        for name in names_of(work, execution, "journal/merges-")
        for merge in merges_of(work, execution, name)
    ]
    schema = {"group": pl.Int64, "state": pl.String, "left_out_because": pl.String}
    return pl.DataFrame(merges, schema, orient="row")


def _append(file: IO[bytes], table: pl.DataFrame) -> None:
    """With a header where the file is empty."""
    texts = [name for name, kind in table.schema.items() if kind == pl.String]
    safe = [
        pl.when(pl.col(name).str.contains(FORMULA)).then("'" + pl.col(name)).otherwise(pl.col(name)).alias(name)
        for name in texts
    ]
    table.with_columns(safe).write_csv(
        file, include_header=file.tell() == 0, line_terminator="\n", quote_style="necessary"
    )


def _keep(work: Work, execution: Execution, kind: str, file: IO[bytes]) -> None:
    file.seek(0)
    work.files.put(execution.tenant, execution.id, f"report/{kind}.csv", file)  # type: ignore[arg-type]


def _count(table: pl.DataFrame, column: str, counts: dict[str, int]) -> None:
    for name, count in table.group_by(column).len().iter_rows():
        counts[name] = counts.get(name, 0) + count


def _results(execution: Execution, by_field: dict[str, int], by_rule: dict[str, int]) -> dict[str, Any]:
    written, refused = (checkpoint_of(execution, "write_back").get(name, 0) for name in ("written", "refused"))
    tried = written + refused
    return {
        "changes_by_field": dict(sorted(by_field.items())),
        "leads_by_rule": dict(sorted(by_rule.items())),
        "success_rate": round(written / tried, 6) if tried else None,
    }


def _summary(execution: Execution, results: dict[str, Any]) -> dict[str, Any]:
    service = execution.service
    return {
        "execution": execution.id,
        "service": {"id": service.id, "name": service.name, "kind": service.kind},
        "list": None if service.list is None else {"kind": service.list.kind, "id": service.list.id},
        "undoes": execution.undoes,
        "attempts": execution.attempt,
        "started_at": execution.started_at,
        "results": {**execution.results, **results},
        "usage": {"calls": execution.usage.calls, "bytes": execution.usage.bytes},
        "problems": [
            {"stage": problem.stage, "code": problem.code, "message": problem.message, "leads": list(problem.leads)}
            for problem in execution.problems
        ],
    }
