"""Leads outside the list that have an address of somebody in it: asked for by address, and kept as further parts.

A step asks for some thousand addresses. How many were asked for already follows from the parts that are there.
"""

from typing import Final

import polars as pl

from touchline.domain.leads.extract import read_header, read_leads
from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.limits import BATCH
from touchline.domain.marketo.plan_amounts import ASKED
from touchline.domain.marketo.steps import Again, News, Step
from touchline.services.marketo.execution_tables import read_table, write_table
from touchline.services.marketo.part_files import part_numbers, read_stored, rows_as_csv, store_part
from touchline.services.marketo.work import Work, checkpoint_of, log_line, marketo_of

AT_ONCE: Final = 10 * BATCH  # addresses, in ten calls
MEMBERS: Final = "rows/members.parquet"
ADDRESS: Final = "email"


def close_over(work: Work, execution: Execution) -> Step | None:
    """None once all addresses were asked for."""
    own = int(checkpoint_of(execution, "download")["parts"])
    members = _members(work, execution, own)
    addresses = members[ADDRESS].drop_nulls().unique().sort()
    asked = (len(part_numbers(work, execution)) - own) * AT_ONCE
    if asked >= len(addresses):
        return None
    header = read_header(read_stored(work, execution, 0))
    some = addresses.slice(asked, AT_ONCE).to_list()
    found = marketo_of(work, execution).leads(ADDRESS, some, header)
    known = set(members["id"].to_list())
    outside = [row for row in found if int(row["id"]) not in known]
    store_part(work, execution, own + asked // AT_ONCE, rows_as_csv(header, outside))
    log_line(work, execution, "work", "looked for leads outside the list", addresses=len(some), found=len(outside))
    news = News(done=asked + len(some), of=len(addresses), results={ASKED: asked + len(some)})
    return Again({"addresses": asked + len(some)}, news)


def _members(work: Work, execution: Execution, own: int) -> pl.DataFrame:
    """Id and address, in small letters as Marketo compares them; gathered once."""
    if work.files.size(execution.tenant, execution.id, MEMBERS) is None:
        parts = [read_leads(read_stored(work, execution, number), ["id", ADDRESS]) for number in range(own)]
        write_table(work, execution, MEMBERS, pl.concat(parts).with_columns(pl.col(ADDRESS).str.to_lowercase()))
    return read_table(work, execution, MEMBERS)
