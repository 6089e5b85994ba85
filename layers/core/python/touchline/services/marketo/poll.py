"""Stage 3: the extract is waited for, asking ever more seldom."""

from typing import Any, Final

from touchline.domain.marketo.api import ExportJob
from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.steps import Again, Back, Done, News, Step, Wait
from touchline.services.marketo.export_jobs import next_to_enqueue, one_further
from touchline.services.marketo.smart_list_orders import EVERYBODY
from touchline.services.marketo.work import Work, checkpoint_of, log_line, marketo_of

MOST_TRIES: Final = 3  # of one window


def poll(work: Work, execution: Execution) -> Step:
    checkpoint = checkpoint_of(execution, "poll") or {"jobs": checkpoint_of(execution, "export")["jobs"], "asked": 0}
    jobs: list[dict[str, Any]] = [dict(job) for job in checkpoint["jobs"]]
    if (number := next_to_enqueue(jobs)) is not None:
        return Again({**checkpoint, "jobs": one_further(work, execution, "poll", jobs, number)})
    marketo = marketo_of(work, execution)
    for number, job in enumerate(jobs):
        if job.get("state") == "Completed":
            continue
        seen = marketo.get_export(job["kind"], job["id"])
        if seen is None or seen.state in {"Failed", "Cancelled"}:
            return _once_more(work, execution, {**checkpoint, "jobs": jobs}, number, _ended_badly(job["id"], seen))
        jobs[number] = {**job, "state": seen.state} | _of_its_file(seen)
    done = sum(job.get("state") == "Completed" for job in jobs)
    if done == len(jobs):
        return _all_done(work, execution, jobs)
    states = ", ".join(sorted({str(job["state"]) for job in jobs if job.get("state") != "Completed"}))
    asked = checkpoint["asked"]
    seconds = min(work.waits.poll_longest, work.waits.poll_first * 2 ** min(asked // 5, 10))
    return Wait(
        {"jobs": jobs, "asked": asked + 1},
        f"Marketo writes the extract ({states.lower()}).",
        "export_running",
        work.clock() + seconds * 1000,
        News(done=done, of=len(jobs)),
    )


def _once_more(work: Work, execution: Execution, checkpoint: dict[str, Any], number: int, reason: str) -> Step:
    """One window of many is made again alone, and not all of them."""
    job = checkpoint["jobs"][number]
    tries = job.get("tries", 1)
    if job.get("sifted") != EVERYBODY or tries >= MOST_TRIES:
        return Back(reason, "export_failed")
    log_line(work, execution, "poll", "asks for a window again", reason=reason, window=job["filter"], tries=tries)
    checkpoint["jobs"][number] = {**job, "id": None, "enqueued": False, "tries": tries + 1}
    return Again(checkpoint)


def _of_its_file(seen: ExportJob) -> dict[str, Any]:
    if seen.state != "Completed":
        return {}
    return {"records": seen.records, "size": seen.size, "sha256": seen.sha256}


def _ended_badly(job: str, seen: ExportJob | None) -> str:
    if seen is None:
        return f"Marketo no longer knows the export {job}."
    return f"Marketo's export {job} is {seen.state.lower()}{': ' + seen.error if seen.error else ''}."


def _all_done(work: Work, execution: Execution, jobs: list[dict[str, Any]]) -> Step:
    size, records = sum(job["size"] or 0 for job in jobs), sum(job["records"] or 0 for job in jobs)
    if jobs:
        log_line(work, execution, "poll", "the extract is there", records=records, bytes=size)
    # Of jobs whose leads are sifted nobody knows yet how many are on the list.
    leads = records if all(job["kind"] == "leads" and "sifted" not in job for job in jobs) else None
    return Done({"jobs": jobs, "size": size, "records": records}, News(done=len(jobs), of=len(jobs), leads=leads))
