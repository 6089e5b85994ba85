"""A bulk import's effect: leads found by the lookup field, changed or made, and put on the list."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from local.marketo_simulator.activity_log import ADD_TO_LIST, Activity, log_activities
from local.marketo_simulator.bulk_files import DELIMITERS
from local.marketo_simulator.bulk_jobs import Import
from local.marketo_simulator.clock import timestamp
from local.marketo_simulator.import_file import (
    FAILURE_COLUMN,
    WARNING_COLUMN,
    ImportRow,
    Unreadable,
    check_header,
    judge_row,
    read_import,
)
from local.marketo_simulator.lead_book import column, lead_fields
from local.marketo_simulator.lead_changes import add_leads, change_leads
from local.marketo_simulator.store import Store

if TYPE_CHECKING:
    from local.marketo_simulator.instance import Instance

SOURCE: Final = "List import"


def import_rows(instance: "Instance", job: Import, file: Path) -> Mapping[str, Any]:
    """What is to be noted of the job. Writes its failures and warnings beside the file."""
    format, lookup = job.order["format"], job.order["lookup"]
    fields = lead_fields(instance.store)
    try:
        header, rows = read_import(file.read_bytes(), format)
        check_header(header, lookup, fields)
    except Unreadable as unreadable:
        return {"error": str(unreadable)}
    clears = instance.switches.import_blank_clears
    judged = [judge_row(header, cells, lookup, fields, blank_clears=clears) for cells in rows]
    members = _write(instance.store, job, judged, instance.clock.now())
    failed = [(row.cells, row.failure) for row in judged if row.failure]
    warned = [(row.cells, "; ".join(row.warnings)) for row in judged if row.warnings and not row.failure]
    _write_rows(file.with_suffix(".failures"), format, [*header, FAILURE_COLUMN], failed)
    _write_rows(file.with_suffix(".warnings"), format, [*header, WARNING_COLUMN], warned)
    return {"rows": len(rows) - len(failed), "failed": len(failed), "warned": len(warned), "members": members}


def _write(store: Store, job: Import, rows: Sequence[ImportRow], now: int) -> int:
    """Notes in the rows what the store could not do; how many leads are on the list now because of it."""
    lookup = job.order["lookup"]
    with store.writing():
        leads = _find(store, lookup, rows)
        changes: dict[int, dict[str, Any]] = {}
        new: dict[str, dict[str, Any]] = {}
        for row in rows:
            if not row.failure:
                _sort_in(row, leads, lookup, changes, new)
        change_leads(store, changes, now, source=SOURCE)
        made = add_leads(store, list(new.values()), now, partition=job.order["partition"], source=SOURCE)
        wanted = job.order["list"]
        return 0 if wanted is None else _put_on_list(store, wanted, [*changes, *made], now)


def _find(store: Store, lookup: str, rows: Sequence[ImportRow]) -> dict[str, list[int]]:
    """Leads by lookup value in small letters; first the one that was changed last."""
    keys = [row.key.lower() for row in rows if not row.failure]
    name = column(lookup)
    found = store.cursor().execute(
        f'select lower({name}::varchar) as key, list(id order by "updatedAt" desc, id) as leads from leads'
        f" where lower({name}::varchar) in (select unnest(?::varchar[])) group by all",
        [keys],
    )
    return dict(found.fetchall())


def _sort_in(
    row: ImportRow,
    leads: Mapping[str, Sequence[int]],
    lookup: str,
    changes: dict[int, dict[str, Any]],
    new: dict[str, dict[str, Any]],
) -> None:
    """Rows for one lead work one after the other: the last says what holds."""
    found = leads.get(row.key.lower(), ())
    if len(found) > 1 and lookup != "email":
        row.failure = f"Multiple leads match lookup field '{lookup}'"
    elif found:
        # Of several with one address the one that was changed last is meant, as with forms.
        changes.setdefault(found[0], {}).update(row.values)
    elif lookup == "id":
        row.failure = "Value for lookup field 'id' not found"
    else:
        new.setdefault(row.key.lower(), {}).update(row.values)


def _put_on_list(store: Store, wanted: int, leads: Sequence[int], now: int) -> int:
    with store.writing() as cursor:
        added = cursor.execute(
            "insert into static_list_members select ?, lead, ? from (select unnest(?::bigint[]) as lead)"
            " where lead not in (select lead from static_list_members where list = ?) returning lead",
            [wanted, timestamp(now), list(leads), wanted],
        ).fetchall()
        name = store.value("select name from static_lists where id = ?", [wanted])
        log_activities(
            cursor, (Activity(lead, ADD_TO_LIST, wanted, name, {"Source": SOURCE}) for (lead,) in added), now
        )
    return len(leads)


def _write_rows(file: Path, format: str, header: Sequence[str], rows: Iterable[tuple[Sequence[str], str]]) -> None:
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened, delimiter=DELIMITERS[format], lineterminator="\n")
        writer.writerow(header)
        writer.writerows([*cells, reason] for cells, reason in rows)
