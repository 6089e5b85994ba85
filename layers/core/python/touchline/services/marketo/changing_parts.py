"""Work on leads one by one: each part of the extract gives its own changes, and none needs to know another.

Where the extract is small the stage does one part after the other; where it is large, many at once do one each.
"""

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from touchline.domain.leads.domain_changes import domain_part
from touchline.domain.leads.extract import read_leads
from touchline.domain.leads.hashing import hash_part
from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.services import Kind
from touchline.domain.marketo.steps import Again, Done, News, Spread, Step
from touchline.errors import NotFound
from touchline.services.marketo.execution_json import names_of, read_json, write_json
from touchline.services.marketo.execution_tables import write_table
from touchline.services.marketo.part_files import extract_bytes, part_numbers, read_stored
from touchline.services.marketo.putting_back import CHANGES, put_back_in
from touchline.services.marketo.rules_of import domain_rules_of, hash_rules_of
from touchline.services.marketo.work import Work

# Tables by what their files' names begin with.
type Change = Callable[[Work, Execution, pl.DataFrame], Mapping[str, pl.DataFrame]]


def change_parts(work: Work, execution: Execution) -> Step:
    """The parts that are not done yet; then what all of them come to."""
    numbers = part_numbers(work, execution)
    done = {int(name[-10:-5]) for name in names_of(work, execution, "rows/counts-")}
    left = [number for number in numbers if number not in done]
    if not left:
        return _finished(work, execution)
    if _is_large(work, execution) and len(left) > 1:
        return Spread({}, [{"item": {"phase": "part", "number": number}} for number in left])
    change_part(work, execution, left[0])
    return Again({"parts": len(numbers) - len(left) + 1}, News(done=len(numbers) - len(left) + 1, of=len(numbers)))


def change_part(work: Work, execution: Execution, number: int) -> None:
    """Any number of times: the same part gives the same changes."""
    part = read_leads(read_stored(work, execution, number))
    change = CHANGE[execution.service.kind] if execution.undoes is None else put_back_in
    tables = change(work, execution, part)
    for name, table in tables.items():
        write_table(work, execution, f"{name}-{number:05}.parquet", table)
    counts = {"leads": part.height, "changed": tables[CHANGES]["id"].n_unique()}
    write_json(work, execution, f"rows/counts-{number:05}.json", counts)


def _is_large(work: Work, execution: Execution) -> bool:
    return extract_bytes(execution) > work.sizes.work_at_once


def _finished(work: Work, execution: Execution) -> Step:
    counts: list[Mapping[str, Any]] = [
        read_json(work, execution, name) for name in names_of(work, execution, "rows/counts-")
    ]
    leads, changed = (sum(int(one[name]) for one in counts) for name in ("leads", "changed"))
    kept = {"leads": leads, "changed_leads": changed, "writes": changed > 0, "ask_above_share": 1.0}
    return Done(kept, News(done=len(counts), of=len(counts), leads=leads, changes=changed))


def _hashes(work: Work, execution: Execution, part: pl.DataFrame) -> Mapping[str, pl.DataFrame]:
    rules = hash_rules_of(work, execution)
    return {CHANGES: hash_part(rules, part, key=_tenant_key(work, execution) if rules.needs_key else b"")}


def _domains(work: Work, execution: Execution, part: pl.DataFrame) -> Mapping[str, pl.DataFrame]:
    return {CHANGES: domain_part(domain_rules_of(work, execution), part)}


def _tenant_key(work: Work, execution: Execution) -> bytes:
    tenant = work.tenants.get(execution.tenant)
    if tenant is None:
        raise NotFound(f"There is no tenant {execution.tenant}.")
    return tenant.email_key


CHANGE: Mapping[Kind, Change] = {"email_hash": _hashes, "email_domain": _domains}
