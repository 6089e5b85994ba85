"""Executions begun by people and by schedules, each with its plan."""

import hashlib
from dataclasses import dataclass, replace

from touchline.domain.marketo.estimating import estimated
from touchline.domain.marketo.executions import Execution, Problem, StartedBy
from touchline.domain.marketo.planning import Plan, plan
from touchline.domain.marketo.services import Service
from touchline.errors import Conflict, InvalidRequest, NotFound
from touchline.marketo_ports import Connections, ExecutionLog, Executions, Services
from touchline.ports import Workflows
from touchline.services.marketo.control_execution import run_facts, run_name, start_execution
from touchline.services.marketo.learning import USUAL, Asked, latest_figures, longest_list, next_job


@dataclass(frozen=True, slots=True)
class Beginning:
    connections: Connections
    services: Services
    executions: Executions
    log: ExecutionLog
    workflows: Workflows


def execution_id(at: int, drawn: str) -> str:
    """Rises with time (epoch ms), so that a tenant's executions lie in order."""
    return f"{at:012x}{drawn[:8]}"


def scheduled_id(at: int, tenant: str, service: str) -> str:
    """The same for each try of one time of a schedule."""
    return execution_id(at, hashlib.blake2b(f"{tenant}#{service}".encode(), digest_size=4).hexdigest())


def begin_execution(
    beginning: Beginning,
    tenant: str,
    service: Service,
    *,
    id: str,
    by: StartedBy,
    now: int,
    how: Asked = USUAL,
) -> Execution:
    """Raises Conflict where one of the service is under way, InvalidRequest for a preview of what writes nothing."""
    if how.preview and service.kind == "activity_import":
        raise InvalidRequest(
            "An import of activities writes nothing to Marketo: there is nothing to preview.", field="preview"
        )
    planned = plan_execution(beginning, tenant, service, now=now, how=how)
    execution = Execution(
        id=id,
        tenant=tenant,
        service=service,
        started_by=by,
        plan=planned.facts(),
        created_at=now,
        preview=how.preview,
        full=how.full,
        asked_by=how.asked_by,
    )
    started = start_execution(beginning.executions, beginning.workflows, estimated(execution, now))
    beginning.log.write(tenant, started.id, started.created_at, "reserve", "begun", {"by": by})
    return started


def begin_scheduled(beginning: Beginning, tenant: str, service_id: str, *, at: int, now: int) -> Execution | None:
    """`at`: the time of the schedule. None where the service is gone, which the schedule had not heard of yet. Where it
    is paused, or an execution under way, this one is kept as skipped, with the reason."""
    service = beginning.services.get(tenant, service_id)
    if service is None:
        return None
    id = scheduled_id(at, tenant, service_id)
    begun = beginning.executions.get(tenant, id)
    if begun is not None:
        # A second try of the same time: the first may have ended before the machine was started.
        if begun.state == "queued":
            beginning.workflows.start(run_name(begun), run_facts(begun))
        return begun
    if service.state == "paused":
        return _skipped(beginning, tenant, service, id, "paused", "The service is paused.", now)
    try:
        return begin_execution(beginning, tenant, service, id=id, by="schedule", now=now)
    except Conflict as conflict:
        return _skipped(beginning, tenant, service, id, "overlaps", str(conflict), now)


def plan_execution(
    beginning: Beginning,
    tenant: str,
    service: Service,
    leads: int | None = None,
    *,
    now: int,
    how: Asked = USUAL,
) -> Plan:
    """Asks nothing of Marketo. `leads`: on the list, where the asker knows. Raises NotFound."""
    connection = beginning.connections.get(tenant, service.connection)
    if connection is None:
        raise NotFound(f"The connection {service.connection} of this service is gone.")
    executions = beginning.executions
    learned = latest_figures(executions, tenant, service.id)
    job = next_job(executions, tenant, service, now, how)
    job = replace(job, writes="nothing") if how.preview else job
    others = longest_list(executions, tenant, connection.id) if service.list is None else None
    return plan(job, connection.share, leads=leads, learned=learned, others=others)


def _skipped(
    beginning: Beginning, tenant: str, service: Service, id: str, code: str, reason: str, now: int
) -> Execution:
    problem = Problem("reserve", code, f"Its time came, and nothing was begun. {reason}")
    skipped = Execution(
        id=id,
        tenant=tenant,
        service=service,
        state="skipped",
        started_by="schedule",
        problems=(problem,),
        created_at=now,
        ended_at=now,
    )
    beginning.executions.begin(skipped)
    beginning.log.write(tenant, id, now, "reserve", "skipped", {"reason": reason})
    return skipped
