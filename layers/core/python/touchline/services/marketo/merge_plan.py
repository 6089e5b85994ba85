"""The merges of an execution, in batches: who is to be merged into whom, and what the extract says of them."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Final

import polars as pl

from touchline.domain.leads.extract import read_part
from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.merges import Merge
from touchline.services.marketo.execution_json import names_of, read_json, told_where_expired, write_json
from touchline.services.marketo.execution_tables import read_table, write_table
from touchline.services.marketo.incremental_choice import first_whole_part
from touchline.services.marketo.part_files import part_numbers, read_stored
from touchline.services.marketo.work import Work, checkpoint_of

GROUPS_A_BATCH: Final = 50  # some 25 seconds of merges at the pace that an instance allows
EXTRACTED: Final = "merging/leads.parquet"
WRITTEN: Final = "merging/changes.parquet"


def plan_merges(work: Work, execution: Execution) -> dict[str, int]:
    """Where the merges stand before the first: none where the rules do not ask for any."""
    planned = {"batches": 0, "groups": 0, "next": 0, "merged": 0, "left_out": 0}
    if checkpoint_of(execution, "work").get("outcome") != "merge":
        return planned
    tables = [read_table(work, execution, name) for name in names_of(work, execution, "merges/")]
    merges = list(_merges(pl.concat(tables))) if tables else []
    batches = [merges[start : start + GROUPS_A_BATCH] for start in range(0, len(merges), GROUPS_A_BATCH)]
    for number, batch in enumerate(batches):
        write_json(work, execution, batch_name(number), [asdict(merge) for merge in batch])
    if merges:
        _keep_rows(work, execution, [lead for merge in merges for lead in merge.leads])
    return {**planned, "batches": len(batches), "groups": len(merges)}


def batch_name(number: int) -> str:
    return f"merging/batch-{number:05}.json"


def merges_of(work: Work, execution: Execution, name: str) -> list[Merge]:
    """Raises `NotFound`."""
    return [
        Merge(**{**one, "losers": tuple(one["losers"]), "gone": tuple(one["gone"])})
        for one in read_json(work, execution, name)
    ]


def expected_rows(work: Work, execution: Execution, leads: list[int]) -> dict[int, dict[str, str | None]]:
    """As they were in the extract, with what we have written since. Raises `FilesExpired`."""
    wanted = pl.Series(leads).implode()
    with told_where_expired():
        table, changes = (read_table(work, execution, name) for name in (EXTRACTED, WRITTEN))
    table, changes = table.filter(pl.col("id").cast(pl.Int64).is_in(wanted)), changes.filter(pl.col("id").is_in(wanted))
    rows = {int(row["id"]): row for row in table.iter_rows(named=True)}
    for lead, name, after in changes.iter_rows():
        rows.get(lead, {})[name] = after
    return rows


def _merges(table: pl.DataFrame) -> Iterator[Merge]:
    ordered = table.sort("group", "position", "loser")
    together = ordered.group_by("group", maintain_order=True).agg(pl.col("winner").first(), pl.col("loser"))
    for group, winner, losers in together.iter_rows():
        yield Merge(group, winner, tuple(losers))


def _keep_rows(work: Work, execution: Execution, leads: list[int]) -> None:
    wanted = pl.DataFrame({"id": pl.Series(leads, dtype=pl.Int64)}).unique()
    first = first_whole_part(execution)
    as_text = wanted.with_columns(pl.col("id").cast(pl.String))
    kept = [
        read_part(read_stored(work, execution, number)).join(as_text, on="id", how="semi")
        for number in part_numbers(work, execution)
        if number >= first
    ]
    write_table(work, execution, EXTRACTED, pl.concat(kept))
    tables = [read_table(work, execution, name) for name in names_of(work, execution, "changes/")]
    changes = [table.select("id", "field", "after").join(wanted, on="id", how="semi") for table in tables]
    empty = pl.DataFrame(schema={"id": pl.Int64, "field": pl.String, "after": pl.String})
    write_table(work, execution, WRITTEN, pl.concat([empty, *changes]))
