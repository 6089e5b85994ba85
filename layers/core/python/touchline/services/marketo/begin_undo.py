"""An execution begun that takes back what another one wrote."""

from dataclasses import replace

from touchline.domain.marketo.estimating import estimated
from touchline.domain.marketo.executions import Execution
from touchline.domain.marketo.undoing import Records, plan_undo, why_not_undone
from touchline.errors import Conflict, NotFound
from touchline.marketo_ports import ExecutionFiles
from touchline.services.marketo.begin_execution import Beginning
from touchline.services.marketo.control_execution import start_execution
from touchline.services.marketo.learning import USUAL, Asked


def begin_undo(
    beginning: Beginning, files: ExecutionFiles, undone: Execution, *, id: str, now: int, how: Asked = USUAL
) -> Execution:
    """Of the service as it was for the undone one. Raises Conflict with the reason where there is nothing to undo, or
    another execution of the service is under way."""
    tenant, service = undone.tenant, undone.service
    connection = beginning.connections.get(tenant, service.connection)
    if connection is None:
        raise NotFound(f"The connection {service.connection} of this service is gone.")
    earlier = beginning.executions.get(tenant, undone.undone_by) if undone.undone_by else None
    if reason := why_not_undone(undone, earlier, _records(files, undone)):
        raise Conflict(reason)
    execution = Execution(
        id=id,
        tenant=tenant,
        service=service,
        plan=plan_undo(undone, connection.share, preview=how.preview).facts(),
        created_at=now,
        preview=how.preview,
        undoes=undone.id,
        asked_by=how.asked_by,
    )
    marked = None if how.preview else replace(undone, undone_by=id, revision=undone.revision + 1)
    started = start_execution(beginning.executions, beginning.workflows, estimated(execution, now), marked)
    facts = {"by": "person", "undoes": undone.id}
    beginning.log.write(tenant, started.id, started.created_at, "reserve", "begun", facts)
    return started


def _records(files: ExecutionFiles, undone: Execution) -> Records:
    there = [
        any(True for _ in files.names(undone.tenant, undone.id, prefix))
        for prefix in ("journal/import-", "journal/merges-", "changes/")
    ]
    return Records(*there)
