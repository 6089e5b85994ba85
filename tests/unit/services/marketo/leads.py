"""Leads of tests, and a stage of work that needs no rules: first names get a capital letter."""

import polars as pl
from touchline.adapters.memory.marketo import MemoryMarketo
from touchline.domain.leads.extract import read_part
from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.steps import Done, News, Step
from touchline.services.marketo.execution_tables import write_table
from touchline.services.marketo.part_files import part_numbers, read_stored
from touchline.services.marketo.work import Work

LIST = 7


def instance(count: int = 40, *, polls: int = 0) -> MemoryMarketo:
    """Every second first name is to be changed."""
    marketo = MemoryMarketo([lead(number) for number in range(1, count + 1)], polls=polls)
    marketo.add_list("static", LIST, "Everybody", list(range(1, count + 1)))
    return marketo


def lead(number: int) -> dict[str, object]:
    return {
        "id": number,
        "email": f"person{number // 2}@example.com",
        "firstName": f"ada {number}" if number % 2 else f"Ada {number}",
        "lastName": 'O"Neill,\nÅ' if number % 7 == 0 else "Byron",
        "leadScore": number,
        "unsubscribed": number % 3 == 0,
        "createdAt": "2026-01-01T00:00:00Z",
        "updatedAt": "2026-05-01T00:00:00Z",
    }


def capitalise(work: Work, execution: Execution) -> Step:
    changed = leads = 0
    for number in part_numbers(work, execution):
        part = read_part(read_stored(work, execution, number))
        leads += part.height
        rows = [
            (int(lead), "firstName", name, name.capitalize(), "capital letters", f"k{lead}", "was small")
            for lead, name in part.select("id", "firstName").iter_rows()
            if name != name.capitalize()
        ]
        changed += len(rows)
        schema = {"id": pl.Int64} | dict.fromkeys(["field", "before", "after", "rule", "key", "reason"], pl.String)
        write_table(work, execution, f"changes/part-{number:05}.parquet", pl.DataFrame(rows, schema, orient="row"))
    kept = {"leads": leads, "changed_leads": changed, "writes": True, "ask_above_share": 0.9}
    return Done(kept, News(changes=changed, leads=leads))
