"""Bulk extracts: jobs, and what they say of themselves."""

import re
from collections.abc import Sequence
from typing import Final

from touchline.adapters.marketo.ask import Ask, read
from touchline.adapters.marketo.calls import Calls
from touchline.adapters.marketo.envelope import UNKNOWN_SHAPE, Body, results
from touchline.adapters.marketo.reading import one_of, optional_moment, optional_number, optional_text, text
from touchline.adapters.marketo.trouble import AlreadyDone, Missing
from touchline.domain.marketo.api import ExportJob, ExportOrder, JobKind, JobState
from touchline.errors import MarketoUnavailable, NotFound

PERMISSIONS: Final[dict[JobKind, str]] = {"leads": "Read-Only Lead", "activities": "Read-Only Activity"}
STATES: Final[tuple[JobState, ...]] = ("Created", "Queued", "Processing", "Completed", "Failed", "Cancelled")
MOST_PAGES: Final = 100
ID: Final = re.compile("[A-Za-z0-9-]{1,100}")  # it becomes a part of paths
CHECKSUM: Final = "sha256:"


def create_export(calls: Calls, order: ExportOrder) -> ExportJob:
    """Once: a job that was made although we did not hear of it is never enqueued, and uses nothing."""
    body = {"fields": list(order.fields), "format": "CSV", "filter": dict(order.filter)}
    ask = Ask("POST", f"{_root(order.kind)}/create.json", PERMISSIONS[order.kind], "once", body=body)
    return _only(calls.json(ask), order.kind)


def enqueue_export(calls: Calls, kind: JobKind, job: str) -> ExportJob:
    ask = Ask("POST", f"{_root(kind)}/{_id(job)}/enqueue.json", PERMISSIONS[kind], "write", body={})
    try:
        return _only(calls.json(ask), kind)
    except AlreadyDone:
        found = get_export(calls, kind, job)
        if found is None:
            raise NotFound(f"Marketo does not know the export {job}.") from None
        return found


def get_export(calls: Calls, kind: JobKind, job: str) -> ExportJob | None:
    try:
        return _only(calls.json(read(f"{_root(kind)}/{_id(job)}/status.json", PERMISSIONS[kind])), kind)
    except Missing:
        return None


def list_exports(calls: Calls, kind: JobKind, states: Sequence[str]) -> list[ExportJob]:
    query = {"batchSize": "300"} | ({"status": ",".join(states)} if states else {})
    found: list[ExportJob] = []
    for _ in range(MOST_PAGES):
        body = calls.json(Ask("GET", f"/bulk/v1/{kind}/export.json", PERMISSIONS[kind], query=query))
        found += [_job(one, kind) for one in results(body)]
        token = body.get("nextPageToken")
        if not isinstance(token, str) or not token:
            return found
        query = {**query, "nextPageToken": token}
    raise MarketoUnavailable("Marketo's list of exports does not end.")


def cancel_export(calls: Calls, kind: JobKind, job: str) -> None:
    """One that ended needs no cancelling, and Marketo refuses to do it."""
    found = get_export(calls, kind, job)
    if found is not None and found.state in ("Created", "Queued", "Processing"):
        calls.json(Ask("POST", f"{_root(kind)}/{_id(job)}/cancel.json", PERMISSIONS[kind], "write", body={}))


def file_path(kind: JobKind, job: str) -> str:
    return f"{_root(kind)}/{_id(job)}/file.json"


def _root(kind: JobKind) -> str:
    return f"/bulk/v1/{kind}/export"


def _id(job: str) -> str:
    if not ID.fullmatch(job):
        raise ValueError("An id of a job has letters, digits and hyphens.")
    return job


def _only(body: Body, kind: JobKind) -> ExportJob:
    jobs = results(body)
    if len(jobs) != 1:
        raise MarketoUnavailable(f"Marketo answered with {len(jobs)} exports where one was asked for.")
    return _job(jobs[0], kind)


def _job(one: Body, kind: JobKind) -> ExportJob:
    # Pages of Marketo's documentation write it with one l.
    state = text(one, "status").replace("Canceled", "Cancelled")
    job = text(one, "exportId")
    if not ID.fullmatch(job):
        raise MarketoUnavailable(UNKNOWN_SHAPE)
    checksum = optional_text(one, "fileChecksum") or ""
    return ExportJob(
        job,
        kind,
        one_of(state, STATES),
        optional_number(one, "numberOfRecords"),
        optional_number(one, "fileSize"),
        checksum.removeprefix(CHECKSUM).lower() if checksum.startswith(CHECKSUM) else None,
        optional_text(one, "errorMsg"),
        optional_moment(one, "createdAt"),
    )
