"""Stage 3: the extract is waited for, asking ever more seldom."""

from typing import Any

from touchline.domain.marketo.api import ExportJob
from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.steps import Back, Done, News, Step, Wait
from touchline.services.marketo.work import Work, checkpoint_of, log_line, marketo_of


def poll(work: Work, execution: Execution) -> Step:
    checkpoint = checkpoint_of(execution, "poll") or {"jobs": checkpoint_of(execution, "export")["jobs"], "asked": 0}
    jobs: list[dict[str, Any]] = [dict(job) for job in checkpoint["jobs"]]
    marketo = marketo_of(work, execution)
    for number, job in enumerate(jobs):
        if job.get("state") == "Completed":
            continue
        seen = marketo.get_export(job["kind"], job["id"])
        if seen is None or seen.state in {"Failed", "Cancelled"}:
            return Back(_ended_badly(job["id"], seen), "export_failed")
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
