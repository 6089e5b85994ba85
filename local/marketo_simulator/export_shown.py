"""What is told of an export job: as it stood when Marketo last looked, and nothing that is not known yet."""

from typing import Any, Final

from local.marketo_simulator.bulk_jobs import Export
from local.marketo_simulator.clock import iso
from local.marketo_simulator.instance import Instance

STATES: Final = {
    "created": "Created",
    "queued": "Queued",
    "running": "Processing",
    "ended": "Completed",
    "cancelled": "Cancelled",
}


def state(job: Export, at: int) -> str:
    told = STATES[job.passage.phase(at)]
    return "Failed" if told == "Completed" and job.error is not None else told


def shown(instance: Instance, job: Export, now: int, *, as_of: int | None = None) -> dict[str, Any]:
    """As it stood when Marketo last looked, which it does once a minute; what the caller did is seen at once."""
    passage = job.passage
    at = now if as_of is None else as_of
    age = instance.bulk.status_age_ms()
    if as_of is None and age and passage.queued_at is not None and passage.phase(now) != "cancelled":
        at = passage.queued_at + (now - passage.queued_at) // age * age
    told = state(job, at)
    body: dict[str, Any] = {"exportId": job.id, "format": job.order["format"], "status": told}
    ended_at = passage.ends_at if told in ("Completed", "Failed") else None
    for name, moment in (
        ("createdAt", passage.created_at),
        ("queuedAt", passage.queued_at),
        ("startedAt", passage.started_at),
        ("finishedAt", ended_at),
    ):
        if moment is not None and moment <= at:
            body[name] = iso(moment)
    if told == "Completed":
        body |= {"numberOfRecords": job.records, "fileSize": job.size, "fileChecksum": f"sha256:{job.sha256}"}
    elif told == "Failed":
        body["errorMsg"] = job.error
    return body
