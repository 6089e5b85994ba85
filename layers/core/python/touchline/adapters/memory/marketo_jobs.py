"""Bulk exports and imports of an instance of Marketo in memory."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from touchline.domain.marketo.api import ExportJob, ExportOrder, ImportJob, JobKind, RecordResult

type Row = dict[str, Any]

FAILURE = "Import Failure Reason"


@dataclass(slots=True)
class Exports:
    """`polls`: how often a job is asked about before it is done."""

    polls: int = 0
    jobs: dict[str, ExportJob] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    _left: dict[str, int] = field(default_factory=dict)

    def create(self, order: ExportOrder, rows: Sequence[Mapping[str, Any]]) -> ExportJob:
        """The file is made at once, and seen when the job is done."""
        job = ExportJob(f"job-{len(self.jobs) + 1}", order.kind, "Created")
        file = to_csv(order.fields, rows)
        self.jobs[job.id] = replace(job, records=len(rows), size=len(file), sha256=hashlib.sha256(file).hexdigest())
        self.files[job.id] = file
        self._left[job.id] = self.polls
        return job

    def enqueue(self, job: str) -> ExportJob:
        if self.jobs[job].state == "Created":
            self.jobs[job] = replace(self.jobs[job], state="Queued")
        return self.seen(job)

    def poll(self, kind: JobKind, job: str) -> ExportJob | None:
        kept = self.jobs.get(job)
        if kept is None or kept.kind != kind:
            return None
        if kept.state in ("Queued", "Processing"):
            self._left[job] -= 1
            self.jobs[job] = replace(kept, state="Completed" if self._left[job] < 0 else "Processing")
        return self.seen(job)

    def seen(self, job: str) -> ExportJob:
        kept = self.jobs[job]
        return kept if kept.state == "Completed" else replace(kept, records=None, size=None, sha256=None)

    def cancel(self, job: str) -> None:
        if self.jobs[job].state in ("Created", "Queued", "Processing"):
            self.jobs[job] = replace(self.jobs[job], state="Cancelled")


@dataclass(slots=True)
class Imports:
    jobs: dict[str, ImportJob] = field(default_factory=dict)
    failures: dict[str, list[Row]] = field(default_factory=dict)

    def run(self, rows: Sequence[Row], results: Sequence[RecordResult]) -> ImportJob:
        job = str(len(self.jobs) + 1)
        refused = [
            {**row, FAILURE: result.message}
            for row, result in zip(rows, results, strict=True)
            if result.status == "skipped"
        ]
        self.failures[job] = refused
        done = len(rows) - len(refused)
        self.jobs[job] = ImportJob(job, "Complete", done, len(refused), 0, f"{done} changed, {len(refused)} failed")
        return ImportJob(job, "Queued")


def to_csv(fields: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    """As Marketo writes it: nothing is `null`, without quotes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(fields)
    writer.writerows([_cell(row.get(name)) for name in fields] for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        return json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def from_csv(body: bytes) -> Iterator[Row]:
    """What an import takes: an empty cell clears a field."""
    for row in csv.DictReader(io.StringIO(body.decode(), newline="")):
        yield {name: value if value not in ("", "null") else None for name, value in row.items()}


def typed(value: str | None, data_type: str) -> Any:
    """A cell as the value that Marketo keeps."""
    if value is None:
        return None
    if data_type == "boolean":
        return value.lower() in ("true", "1")
    return int(value) if data_type == "integer" else value


def within(span: Mapping[str, str], at: str) -> bool:
    """Both ends are inside."""
    return span["startAt"] <= at <= span["endAt"]


def activities_of(wanted: Mapping[str, Any], activities: Sequence[Row]) -> list[Row]:
    types = wanted.get("activityTypeIds")
    return [
        row
        for row in activities
        if within(wanted["createdAt"], row["activityDate"]) and (types is None or row["activityTypeId"] in types)
    ]
