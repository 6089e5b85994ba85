"""Stage 8: some of what was written, read again: Marketo has it, or the execution says which leads differ."""

from typing import Any, Final

import polars as pl

from touchline.domain.marketo.api import LeadField
from touchline.domain.marketo.executions import Execution, Problem
from touchline.domain.marketo.limits import BATCH
from touchline.domain.marketo.steps import Done, News, Step
from touchline.domain.marketo.write_batches import same_value
from touchline.services.marketo.execution_json import kept_fields, names_of, read_json
from touchline.services.marketo.execution_tables import read_table
from touchline.services.marketo.merge_plan import merges_of
from touchline.services.marketo.work import Work, checkpoint_of, log_line, marketo_of

SAMPLE: Final = BATCH  # leads: one call
MOST_IDS: Final = 100


def verify(work: Work, execution: Execution) -> Step:
    written = checkpoint_of(execution, "write_back").get("written", 0)
    if not written:
        return Done()
    sample = _sample(work, execution)
    if sample.is_empty():
        return Done()
    fields = kept_fields(work, execution)
    ids = sample["id"].unique(maintain_order=True).to_list()
    names = sample["field"].unique(maintain_order=True).to_list()
    rows = {int(row["id"]): row for row in marketo_of(work, execution).leads("id", [str(one) for one in ids], names)}
    differ = _differing(sample, rows, fields)
    log_line(work, execution, "verify", "read leads again", leads=len(ids), differ=len(differ))
    results = {"verified": len(ids), "verified_differ": len(differ)}
    return Done({}, News(done=len(ids), of=len(ids), results=results, problems=_problems(differ)))


def _differing(sample: pl.DataFrame, rows: dict[int, dict[str, Any]], fields: dict[str, LeadField]) -> list[int]:
    differ: dict[int, None] = {}
    for lead, name, after in sample.select("id", "field", "after").iter_rows():
        data_type = fields[name].data_type if name in fields else "string"
        if lead not in rows or not same_value(rows[lead].get(name), after, data_type):
            differ[lead] = None
    return list(differ)


def _sample(work: Work, execution: Execution) -> pl.DataFrame:
    """All changes of the leads that are looked at: spread evenly over all that were written, the same each time."""
    tables = names_of(work, execution, "changes/")
    away = _away(work, execution)
    some = [_some(read_table(work, execution, name), away, max(1, SAMPLE // len(tables))) for name in tables[:SAMPLE]]
    return pl.concat(some) if some else pl.DataFrame({"id": [], "field": [], "after": []})


def _some(changes: pl.DataFrame, away: set[int], wanted: int) -> pl.DataFrame:
    ids = changes.select(pl.col("id").unique().sort()).filter(~pl.col("id").is_in(list(away)))
    step = max(1, ids.height // wanted)
    return changes.join(ids.gather_every(step).head(wanted), on="id", how="semi")


def _away(work: Work, execution: Execution) -> set[int]:
    """Leads that Marketo refused, and those that are merged into another."""
    found: set[int] = set()
    for name in names_of(work, execution, "journal/import-"):
        found |= {int(one["id"]) for one in read_json(work, execution, name).get("refused", [])}
    for name in names_of(work, execution, "journal/merges-"):
        merges = [merge for merge in merges_of(work, execution, name) if merge.state == "merged"]
        found |= {lead for merge in merges for lead in merge.leads if lead != merge.survivor}
    return found


def _problems(differ: list[int]) -> tuple[Problem, ...]:
    if not differ:
        return ()
    message = f"{len(differ)} of the leads that were read again have other values than were written."
    return (Problem("verify", "values_differ", message, tuple(differ[:MOST_IDS])),)
