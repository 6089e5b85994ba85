"""What a write-back will send, made before anything is sent: files and rows, and what undoes them."""

from typing import Any

from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.steps import Again, News, Step
from touchline.domain.marketo.write_batches import ImportFile, Rows, write_batches
from touchline.services.marketo.execution_json import kept_fields, names_of, write_json
from touchline.services.marketo.execution_tables import read_table
from touchline.services.marketo.merge_plan import plan_merges
from touchline.services.marketo.work import Work, log_line

EMPTY: dict[str, Any] = {
    "parts": 0,
    "units": 0,
    "next": 0,
    "leads": 0,
    "running": [],
    "written": 0,
    "refused": 0,
    "imports": 0,
    "updates": 0,
}


def prepare_step(work: Work, execution: Execution, checkpoint: dict[str, Any]) -> Step:
    """One table of changes further."""
    checkpoint = checkpoint or dict(EMPTY)
    tables = names_of(work, execution, "changes/")
    if checkpoint["parts"] < len(tables):
        return Again(_prepared(work, execution, checkpoint, tables[checkpoint["parts"]]))
    merges = plan_merges(work, execution)
    log_line(
        work,
        execution,
        "write_back",
        "prepared what is written",
        leads=checkpoint["leads"],
        units=checkpoint["units"],
        merges=merges["groups"],
    )
    ready = {**checkpoint, "prepared": True, "merges": merges}
    return Again(ready, News(done=0, of=checkpoint["leads"] + merges["groups"]))


def _prepared(work: Work, execution: Execution, checkpoint: dict[str, Any], table: str) -> dict[str, Any]:
    changes, fields = read_table(work, execution, table), kept_fields(work, execution)
    unit, leads = checkpoint["units"], checkpoint["leads"]
    for batch in write_batches(changes, fields):
        _put(work, execution, f"import/{unit:05}", batch)
        leads += batch.leads if isinstance(batch, ImportFile) else len(batch.rows)
        unit += 1
    for number, batch in enumerate(write_batches(changes, fields, column="before")):
        _put(work, execution, f"undo/{checkpoint['parts']:05}-{number:05}", batch)
    return {**checkpoint, "parts": checkpoint["parts"] + 1, "units": unit, "leads": leads}


def _put(work: Work, execution: Execution, name: str, batch: ImportFile | Rows) -> None:
    if isinstance(batch, ImportFile):
        work.files.put(execution.tenant, execution.id, f"{name}.csv", batch.csv)
    else:
        write_json(work, execution, f"{name}.json", list(batch.rows))
