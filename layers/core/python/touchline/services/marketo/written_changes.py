"""What the execution that is undone really wrote, from its tables of changes and its journal.

Which leads a file or call of writing had follows from the tables, as it did when they were made.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import polars as pl

from touchline.domain.leads.undoing import WRITTEN as SCHEMA
from touchline.domain.marketo.bookkeeping import is_finished
from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.steps import Again, News, Step, Wait
from touchline.domain.marketo.write_batches import ImportFile, Rows, failed_ids, write_batches
from touchline.errors import NotFound
from touchline.services.marketo.execution_json import names_of, read_json, write_json
from touchline.services.marketo.execution_tables import read_table, write_table
from touchline.services.marketo.putting_back import WRITTEN
from touchline.services.marketo.work import Work, checkpoint_of, log_line, marketo_of

ROWS: Final = 500_000  # of a table, so that no part of the work holds more at once
GATHERED: Final = "written/done.json"
NUMBERED: Final = pl.Schema({"id": pl.Int64})


def undone_of(work: Work, execution: Execution) -> Execution:
    """Raises NotFound."""
    undone = work.executions.get(execution.tenant, str(execution.undoes))
    if undone is None:
        raise NotFound(f"There is no execution {execution.undoes} to undo.")
    return undone


def written_columns(work: Work, execution: Execution) -> list[str]:
    """The id, and the fields that were changed. Raises NotFound where the files are gone."""
    undone, found = undone_of(work, execution), set[str]()
    for name in _tables(work, undone):
        with work.files.open(undone.tenant, undone.id, name) as file:
            found |= set(pl.scan_parquet(file).select(pl.col("field").unique()).collect()["field"])
    return ["id", *sorted(found)]


def wait_for_imports(work: Work, execution: Execution) -> Step | None:
    """What Marketo had taken before the undone execution was stopped, it finishes."""
    undone = undone_of(work, execution)
    if is_finished(undone, "write_back"):
        return None
    marketo = marketo_of(work, execution)
    for _, entry in _journal(work, undone):
        seen = marketo.get_import(entry["job"]) if entry["state"] == "sent" else None
        if seen is not None and seen.state in {"Queued", "Importing"}:
            until = work.clock() + work.waits.import_poll * 1000
            reason = f"Marketo still imports what the execution {undone.id} sent."
            return Wait({"waited": True}, reason, "import_running", until)
    return None


def gather_written(work: Work, execution: Execution) -> Step | None:
    """One table further; None once all are here."""
    if work.files.size(execution.tenant, execution.id, GATHERED) is not None:
        return None
    undone = undone_of(work, execution)
    place: dict[str, Any] = {"tables": 0, "units": 0, "leads": 0, **checkpoint_of(execution, "work")}
    tables, number = _tables(work, undone), place["tables"]
    if number == len(tables):
        log_line(work, execution, "work", "gathered what was written", undoes=undone.id, leads=place["leads"])
        write_json(work, execution, GATHERED, place)
        return Again(place)
    table = read_table(work, undone, tables[number], list(SCHEMA))
    written, units = _written(work, undone, table, place["units"])
    for piece, some in enumerate(written.iter_slices(ROWS)):
        write_table(work, execution, f"{WRITTEN}-{number:05}-{piece:05}.parquet", some)
    leads = place["leads"] + written["id"].n_unique()
    return Again({"tables": number + 1, "units": units, "leads": leads}, News(done=number + 1, of=len(tables)))


def _tables(work: Work, undone: Execution) -> list[str]:
    tables = names_of(work, undone, "changes/")
    if not tables:
        raise NotFound(f"The changes of the execution {undone.id} are gone: they are kept for a limited time.")
    return tables


def _written(work: Work, undone: Execution, table: pl.DataFrame, first: int) -> tuple[pl.DataFrame, int]:
    """Rows of the table, and the number of the unit that follows its own. A unit that may or may not have arrived
    counts: whether it did is seen from the leads."""
    journal = dict(_journal(work, undone))
    refused = [lead for entry in journal.values() for lead in failed_ids(entry.get("refused", []))]
    taken = table.join(pl.DataFrame({"id": refused}, NUMBERED), on="id", how="anti", maintain_order="left")
    if is_finished(undone, "write_back"):
        return taken, 0
    sent, following = [pl.DataFrame(schema=NUMBERED)], first
    for batch in write_batches(table, {}):
        sent += [_ids(batch)] if following in journal else []
        following += 1
    return taken.join(pl.concat(sent), on="id", how="semi", maintain_order="left"), following


def _ids(batch: ImportFile | Rows) -> pl.DataFrame:
    if isinstance(batch, Rows):
        return pl.DataFrame({"id": [row["id"] for row in batch.rows]}, NUMBERED)
    return pl.read_csv(batch.csv, columns=["id"], schema_overrides=NUMBERED)


def _journal(work: Work, undone: Execution) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for name in names_of(work, undone, "journal/import-"):
        entry = read_json(work, undone, name)
        yield entry["unit"], entry
