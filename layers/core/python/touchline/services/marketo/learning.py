"""What plans are made of beside the rules: what the service's latest execution came to, and those of its connection."""

from dataclasses import dataclass, replace
from typing import Final

from touchline.domain.marketo.activity_rules import parse_activity_rules
from touchline.domain.marketo.activity_windows import asked_for, days_of, windows
from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.incremental_runs import Before, why_full
from touchline.domain.marketo.kinds import job_of
from touchline.domain.marketo.plan_amounts import ASKED, READ_BY_ID, TIMES, WINDOWS, Job, Learned
from touchline.domain.marketo.services import Service
from touchline.marketo_ports import Executions
from touchline.services.marketo.activity_orders import imported_until

LOOKED_BACK: Final = 20  # executions, for one that was completed
OTHERS_LOOKED_AT: Final = 50  # of all services, for the longest list
# What an execution that changed nothing tells nothing of.
WRITING: Final = ("write_back", "verify")


@dataclass(frozen=True, slots=True)
class Asked:
    """How an execution is asked for, beside its service."""

    preview: bool = False
    full: bool = False
    asked_by: str | None = None  # which request, where it may be repeated


USUAL: Final = Asked()


def next_job(executions: Executions, tenant: str, service: Service, now: int, how: Asked = USUAL) -> Job:
    """Of activities, as many days as the next import asks for; of duplicates, whether only what changed is read."""
    job = job_of(service)
    if job.full_every_days is not None:
        return _changes_or_all(job, _before(executions, tenant, service), job.full_every_days, now, how)
    if service.kind != "activity_import":
        return job
    rules = parse_activity_rules(service.rules)
    until = imported_until(executions, tenant, service.id)
    asked = windows(now, done_until=until, first_days=rules.first_days, late_hours=rules.late_hours)
    return replace(job, days=days_of(asked))


def _changes_or_all(job: Job, before: Before | None, days: int, now: int, how: Asked) -> Job:
    because = why_full(before, now, days, asked=how.full, preview=how.preview)
    return replace(job, full_because=because) if because else replace(job, columns=TIMES, incremental=True)


def _before(executions: Executions, tenant: str, service: Service) -> Before | None:
    """What the service's latest execution that kept anything for the next has kept, as far as is seen from here."""
    for execution in executions.page(tenant, service=service.id, limit=LOOKED_BACK).executions:
        kept = execution.checkpoints.get("report", {}).get("kept")
        if execution.state == "completed" and kept is not None:
            then = execution.service
            same = (dict(then.rules), then.list) == (dict(service.rules), service.list)
            return Before(same, kept["full_at"], kept["opened"])
    return None


def latest_figures(executions: Executions, tenant: str, service_id: str) -> Learned | None:
    """Of the service's latest execution that was completed and exported anything, for its rules and not to undo."""
    for execution in executions.page(tenant, service=service_id, limit=LOOKED_BACK).executions:
        if execution.state == "completed" and execution.undoes is None and _exported(execution):
            return _learned(execution)
    return None


def longest_list(executions: Executions, tenant: str, connection: str) -> int | None:
    """That the latest executions of any service of the connection brought."""
    latest = executions.page(tenant, limit=OTHERS_LOOKED_AT).executions
    return max(
        (one.progress.leads for one in latest if one.service.connection == connection and one.progress.leads),
        default=None,
    )


def _exported(execution: Execution) -> bool:
    """Everybody's activities have no list whose leads are counted."""
    of_everybody = execution.service.kind == "activity_import" and execution.service.list is None
    return bool(execution.progress.leads) or (of_everybody and _days(execution) > 0)


def _learned(execution: Execution) -> Learned:
    progress, results = execution.progress, execution.results
    return Learned(
        leads=progress.leads or 0,
        bytes=execution.usage.bytes,
        changes=progress.changes or 0,
        columns=_columns(execution),
        # A preview tells what would be merged.
        merges=int(results.get("merged", results.get("groups", 0))),
        asked=results.get(ASKED, results.get(READ_BY_ID)),
        days=_days(execution) or None,
        windows=int(results.get(WINDOWS, 0)),
        seconds={
            stage: took / 1000
            for stage, took in progress.took.items()
            if stage not in WRITING or (progress.changes and not execution.preview)
        },
    )


def _columns(execution: Execution) -> int:
    """None where it brought others than were planned."""
    as_planned = execution.results.get("incremental") == execution.plan.get("incremental")
    return int(execution.plan.get("columns", 0)) if as_planned else 0


def _days(execution: Execution) -> float:
    jobs = execution.checkpoints.get("export", {}).get("jobs", ())
    return days_of(asked_for(job["filter"]) for job in jobs if job["kind"] == "activities")
