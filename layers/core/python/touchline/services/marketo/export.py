"""Stage 2: the extract is ordered. Marketo hears of each order once."""

from dataclasses import asdict
from typing import Any, Final

from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.steps import Again, Done, News, Step
from touchline.services.marketo.export_jobs import next_to_enqueue, one_further
from touchline.services.marketo.orders import orders_of
from touchline.services.marketo.work import Work, checkpoint_of
from touchline.services.marketo.written_changes import wait_for_imports

# Of an earlier extract, where this one takes its place. What was written, and what undoes it, stays.
MADE_OF_AN_EXTRACT: Final = (
    *("extract/", "keys/", "edges/", "groups/", "rows/"),
    *("changes/", "merges/", "quarantine/", "import/", "merging/"),
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
    jobs = checkpoint["jobs"]
    if (number := next_to_enqueue(jobs)) is None:
        return Done(checkpoint, News(done=len(jobs), of=len(jobs)))
    jobs = one_further(work, execution, "export", jobs, number)
    return Again({**checkpoint, "jobs": jobs}, News(done=number, of=len(jobs)))
