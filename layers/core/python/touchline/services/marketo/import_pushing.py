"""One unit of a write-back sent to Marketo, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from touchline.domain.marketo.executions import Execution, Problem
from touchline.domain.marketo.steps import Again, News, Step
from touchline.domain.marketo.write_batches import failed_ids
from touchline.errors import MarketoRefused
from touchline.services.marketo.execution_json import read_json, told_where_expired, write_json
from touchline.services.marketo.work import Work, log_line, marketo_of

REASON: Final = "Import Failure Reason"
MOST_IDS: Final = 100
MOST_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Ended:
    """A unit that Marketo has worked on. `kind`: `imports` or `updates`."""

    leads: int
    refused: tuple[int, ...]
    kind: str

    def applied(self, checkpoint: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **checkpoint,
            "written": checkpoint["written"] + self.leads - len(self.refused),
            "refused": checkpoint["refused"] + len(self.refused),
            self.kind: checkpoint[self.kind] + 1,
        }

    def news(self, checkpoint: Mapping[str, Any]) -> News:
        done = checkpoint["written"] + checkpoint["refused"] + self.leads
        if not self.refused:
            return News(done=done)
        message = f"Marketo refused {len(self.refused):,} leads; the journal has its reason for each."
        return News(done=done, problems=(Problem("write_back", "leads_refused", message, self.refused[:MOST_IDS]),))


def push_unit(work: Work, execution: Execution, checkpoint: dict[str, Any]) -> Step:
    unit = checkpoint["next"]
    name = f"import/{unit:05}"
    following = {**checkpoint, "next": unit + 1}
    if work.files.size(execution.tenant, execution.id, f"{name}.json") is not None:
        ended = _update(work, execution, unit, read_json(work, execution, f"{name}.json"))
        return Again(ended.applied(following), ended.news(checkpoint))
    job = _import(work, execution, unit, tries=1)
    return Again({**following, "running": [*checkpoint["running"], {"unit": unit, "job": job, "tries": 1}]})


def poll_import(work: Work, execution: Execution, running: Mapping[str, Any]) -> Ended | Mapping[str, Any]:
    """What runs in its place where it has not ended: itself, or, where it failed as a whole, another, a few times."""
    marketo = marketo_of(work, execution)
    seen = marketo.get_import(running["job"])
    if seen is not None and seen.state in {"Queued", "Importing"}:
        return running
    if seen is None or seen.state == "Failed":
        if running["tries"] >= MOST_TRIES:
            told = seen.message if seen is not None else "Marketo does not know it"
            raise MarketoRefused(f"Marketo failed {MOST_TRIES} times to import a file of changes: {told}.")
        tries = running["tries"] + 1
        return {**running, "job": _import(work, execution, running["unit"], tries=tries), "tries": tries}
    rows = list(marketo.import_failures(seen.id)) if seen.failed else []
    refused = failed_ids(rows)
    reasons = [{"id": row.get("id"), "reason": row.get(REASON)} for row in rows]
    leads = _leads_of(work, execution, running["unit"])
    _note(work, execution, running["unit"], "complete", job=seen.id, leads=leads, refused=reasons)
    log_line(work, execution, "write_back", "an import is complete", leads=leads, refused=len(refused))
    return Ended(leads, tuple(refused), "imports")


def _import(work: Work, execution: Execution, unit: int, *, tries: int) -> str:
    csv = _file(work, execution, unit)
    _note(work, execution, unit, "sending", tries=tries)
    job = marketo_of(work, execution).import_leads(csv, lookup="id")
    _note(work, execution, unit, "sent", job=job.id, tries=tries)
    log_line(work, execution, "write_back", "sent a file to import", job=job.id, bytes=len(csv))
    return job.id


def _update(work: Work, execution: Execution, unit: int, rows: Sequence[dict[str, Any]]) -> Ended:
    _note(work, execution, unit, "sending")
    results = marketo_of(work, execution).update_leads(rows)
    refused = [
        {"id": row["id"], "reason": f"{result.code}: {result.message}"}
        for row, result in zip(rows, results, strict=True)
        if result.status == "skipped"
    ]
    _note(work, execution, unit, "complete", leads=len(rows), refused=refused)
    return Ended(len(rows), tuple(failed_ids(refused)), "updates")


def _leads_of(work: Work, execution: Execution, unit: int) -> int:
    """Rows below the header; a cell with a line break is counted as polars reads it, not by its lines."""
    csv = _file(work, execution, unit)
    return pl.read_csv(csv, infer_schema=False, columns=["id"]).height


def _file(work: Work, execution: Execution, unit: int) -> bytes:
    """Raises `FilesExpired`. It could be made again of the changes; but these are as old as it is, and would take back
    what somebody changed since the extract."""
    with told_where_expired():
        return work.files.get(execution.tenant, execution.id, f"import/{unit:05}.csv")


def _note(work: Work, execution: Execution, unit: int, state: str, **facts: Any) -> None:
    journal = {"unit": unit, "state": state, "at": work.clock(), **facts}
    write_json(work, execution, f"journal/import-{unit:05}.json", journal)
