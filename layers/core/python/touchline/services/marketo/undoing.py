"""Stage 5 of an execution that undoes another: its changes taken back, where they still stand.

Leads are looked for in the extract, and by id where they are not in it: they may have left the list since, or never
have been on it.
"""

from dataclasses import replace
from typing import Final

import polars as pl

from touchline.domain.leads.undoing import CHANGED_SINCE, gone
from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.limits import BATCH
from touchline.domain.marketo.steps import Again, Done, News, Step
from touchline.services.marketo.changing_parts import change_parts
from touchline.services.marketo.execution_json import names_of
from touchline.services.marketo.execution_tables import read_table, write_table
from touchline.services.marketo.part_files import part_numbers, rows_as_csv, store_part
from touchline.services.marketo.putting_back import FOUND, LEFT_ALONE, WRITTEN
from touchline.services.marketo.work import Work, checkpoint_of, log_line, marketo_of
from touchline.services.marketo.written_changes import gather_written, written_columns

AT_ONCE: Final = 10 * BATCH  # leads, in ten calls
MISSING: Final = "rows/missing.parquet"
NOWHERE: Final = "quarantine/gone.parquet"


def undo(work: Work, execution: Execution) -> Step:
    step = gather_written(work, execution) or change_parts(work, execution)
    if not isinstance(step, Done):
        return step
    return _ask_for_others(work, execution) or _finished(work, execution, step)


def _ask_for_others(work: Work, execution: Execution) -> Step | None:
    """Some that are not in the extract, as a further part; None once all were asked for."""
    own = int(checkpoint_of(execution, "download")["parts"])
    missing = _missing(work, execution)
    asked = (len(part_numbers(work, execution)) - own) * AT_ONCE
    if asked >= missing.height:
        return None
    header = written_columns(work, execution)
    some = [str(lead) for lead in missing["id"].slice(asked, AT_ONCE)]
    rows = marketo_of(work, execution).leads("id", some, header)
    store_part(work, execution, own + asked // AT_ONCE, rows_as_csv(header, rows))
    log_line(work, execution, "work", "asked for leads by id", leads=len(some), found=len(rows))
    return Again({"asked": asked + len(some)}, News(done=asked + len(some), of=missing.height))


def _missing(work: Work, execution: Execution) -> pl.DataFrame:
    """Ids of those that were written to and are in no part of the extract; gathered once."""
    if work.files.size(execution.tenant, execution.id, MISSING) is None:
        missing = _ids(work, execution, WRITTEN).join(_ids(work, execution, FOUND), on="id", how="anti")
        write_table(work, execution, MISSING, missing.sort("id"))
    return read_table(work, execution, MISSING)


def _ids(work: Work, execution: Execution, prefix: str) -> pl.DataFrame:
    tables = [read_table(work, execution, name, ["id"]).unique() for name in names_of(work, execution, prefix)]
    return pl.concat([pl.DataFrame(schema={"id": pl.Int64}), *tables]).unique()


def _finished(work: Work, execution: Execution, step: Done) -> Step:
    nowhere = _missing(work, execution).join(_ids(work, execution, FOUND), on="id", how="anti")
    write_table(work, execution, NOWHERE, gone(nowhere))
    results = {CHANGED_SINCE: _ids(work, execution, LEFT_ALONE).height, "gone": nowhere.height}
    log_line(work, execution, "work", "found what still stands", **results)
    return replace(step, news=replace(step.news, results=results))
