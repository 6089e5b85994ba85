"""Stage 2: the extract is ordered. Marketo hears of each order once: what was made is kept before it is enqueued.

Where a function dies between making a job and keeping its id, the job stays as it is: never enqueued, it uses nothing.
"""

from dataclasses import asdict
from typing import Any, Final

from touchline.domain.marketo.api import ExportJob, ExportOrder
from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.steps import Again, Done, News, Step
from touchline.errors import MarketoRefused
from touchline.services.marketo.orders import orders_of
from touchline.services.marketo.work import Work, checkpoint_of, log_line, marketo_of
from touchline.services.marketo.written_changes import wait_for_imports

UNSUPPORTED_FILTER: Final = "1035"
# Of an earlier extract, where this one takes its place. What was written, and what undoes it, stays.
MADE_OF_AN_EXTRACT: Final = (
    *("extract/", "keys/", "edges/", "groups/", "rows/"),
    *("changes/", "merges/", "quarantine/", "import/"),
)


def export(work: Work, execution: Execution) -> Step:
    """One order further: planned, made, enqueued."""
    checkpoint = checkpoint_of(execution, "export")
    if "jobs" not in checkpoint:
        if execution.undoes is not None and (wait := wait_for_imports(work, execution)) is not None:
            return wait
        for prefix in MADE_OF_AN_EXTRACT:
            work.files.delete(execution.tenant, execution.id, prefix)
        orders = orders_of(work, execution)
        return Again({"jobs": [{**asdict(order), "id": None, "enqueued": False} for order in orders]})
    jobs: list[dict[str, Any]] = [dict(job) for job in checkpoint["jobs"]]
    for number, job in enumerate(jobs):
        if not job["enqueued"]:
            jobs[number] = _made(work, execution, job) if job["id"] is None else _enqueued(work, execution, job)
            return Again({"jobs": jobs}, News(done=number, of=len(jobs)))
    return Done({"jobs": jobs}, News(done=len(jobs), of=len(jobs)))


def _made(work: Work, execution: Execution, job: dict[str, Any]) -> dict[str, Any]:
    order = ExportOrder(job["kind"], tuple(job["fields"]), job["filter"])
    try:
        made: ExportJob = marketo_of(work, execution).create_export(order)
    except MarketoRefused as error:
        if error.marketo_code == UNSUPPORTED_FILTER and "smartListId" in order.filter:
            raise _no_smart_lists(execution) from error
        raise
    log_line(work, execution, "export", "made a job", job=made.id)
    return {**job, "id": made.id}


def _enqueued(work: Work, execution: Execution, job: dict[str, Any]) -> dict[str, Any]:
    marketo_of(work, execution).enqueue_export(job["kind"], job["id"])
    log_line(work, execution, "export", "enqueued it", job=job["id"])
    return {**job, "enqueued": True}


def _no_smart_lists(execution: Execution) -> MarketoRefused:
    chosen = execution.service.list
    named = f"{chosen.name!r} ({chosen.id})" if chosen else ""
    return MarketoRefused(
        f"This instance does not export smart lists, and Marketo tells their members in no other way. Let a smart "
        f"campaign add the members of {named} to a static list, and choose that list for the service.",
        marketo_code=UNSUPPORTED_FILTER,
        field="list",
    )
