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
from touchline.services.marketo.smart_list_orders import UNSUPPORTED_FILTER, columns_of, instead_of
from touchline.services.marketo.work import Work, checkpoint_of, log_line, marketo_of
from touchline.services.marketo.written_changes import wait_for_imports

# Of an earlier extract, where this one takes its place. What was written, and what undoes it, stays.
MADE_OF_AN_EXTRACT: Final = (
    *("extract/", "keys/", "edges/", "groups/", "rows/"),
    *("changes/", "merges/", "quarantine/", "import/"),
)


def export(work: Work, execution: Execution) -> Step:
    """One order further: planned, made, enqueued."""
    checkpoint = checkpoint_of(execution, "export")
    jobs: list[dict[str, Any]]
    if "jobs" not in checkpoint:
        if execution.undoes is not None and (wait := wait_for_imports(work, execution)) is not None:
            return wait
        for prefix in MADE_OF_AN_EXTRACT:
            work.files.delete(execution.tenant, execution.id, prefix)
        orders, choice = orders_of(work, execution)
        jobs = [{**asdict(order), "id": None, "enqueued": False} for order in orders]
        if choice is None:
            return Again({"jobs": jobs})
        return Again({"jobs": jobs, "choice": asdict(choice)}, News(results=choice.results()))
    jobs = [dict(job) for job in checkpoint["jobs"]]
    for number, job in enumerate(jobs):
        if not job["enqueued"]:
            after = _made(work, execution, job) if job["id"] is None else [_enqueued(work, execution, job)]
            jobs[number : number + 1] = after
            return Again({**checkpoint, "jobs": jobs}, News(done=number, of=len(jobs)))
    return Done({**checkpoint, "jobs": jobs}, News(done=len(jobs), of=len(jobs)))


def _made(work: Work, execution: Execution, job: dict[str, Any]) -> list[dict[str, Any]]:
    """One, or those that take its place."""
    order = ExportOrder(job["kind"], tuple(columns_of(work, execution, job)), job["filter"])
    try:
        made: ExportJob = marketo_of(work, execution).create_export(order)
    except MarketoRefused as error:
        if error.marketo_code == UNSUPPORTED_FILTER and "smartListId" in order.filter:
            return instead_of(work, execution, job)
        raise
    log_line(work, execution, "export", "made a job", job=made.id)
    return [{**job, "id": made.id}]


def _enqueued(work: Work, execution: Execution, job: dict[str, Any]) -> dict[str, Any]:
    marketo_of(work, execution).enqueue_export(job["kind"], job["id"])
    log_line(work, execution, "export", "enqueued it", job=job["id"])
    return {**job, "enqueued": True}
