"""Jobs of an extract at Marketo, each made once and enqueued once: what was made is kept before it is enqueued.

Where a function dies between making a job and keeping its id, the job stays as it is: never enqueued, it uses nothing.
"""

from collections.abc import Sequence

from touchline.domain.marketo.api import ExportJob, ExportOrder
from touchline.domain.marketo.executions import Execution, Stage
from touchline.errors import MarketoRefused
from touchline.services.marketo.smart_list_orders import UNSUPPORTED_FILTER, Job, columns_of, instead_of
from touchline.services.marketo.work import Work, log_line, marketo_of


def next_to_enqueue(jobs: Sequence[Job]) -> int | None:
    """Its place; None once Marketo has all."""
    return next((number for number, job in enumerate(jobs) if not job["enqueued"]), None)


def one_further(work: Work, execution: Execution, stage: Stage, jobs: Sequence[Job], number: int) -> list[Job]:
    """All, after one call more for the job of this place. Raises `MarketoLimitReached` where the queue is full."""
    job = jobs[number]
    after = _made(work, execution, stage, job) if job["id"] is None else [_enqueued(work, execution, stage, job)]
    return [*jobs[:number], *after, *jobs[number + 1 :]]


def _made(work: Work, execution: Execution, stage: Stage, job: Job) -> list[Job]:
    """One, or those that take its place."""
    order = ExportOrder(job["kind"], tuple(columns_of(work, execution, job)), job["filter"])
    try:
        made: ExportJob = marketo_of(work, execution).create_export(order)
    except MarketoRefused as error:
        if error.marketo_code == UNSUPPORTED_FILTER and "smartListId" in order.filter:
            return instead_of(work, execution, job)
        raise
    log_line(work, execution, stage, "made a job", job=made.id)
    return [{**job, "id": made.id}]


def _enqueued(work: Work, execution: Execution, stage: Stage, job: Job) -> Job:
    marketo_of(work, execution).enqueue_export(job["kind"], job["id"])
    log_line(work, execution, stage, "enqueued it", job=job["id"])
    return {**job, "enqueued": True}
