"""/v1/marketo/executions: what runs, what it waits for, what it found; stopped, resumed and approved here."""

from dataclasses import asdict, replace
from typing import Annotated, Any, Final

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from touchline.domain.marketo.executions import STAGES, Execution
from touchline.services.marketo.begin_execution import begin_execution, execution_id
from touchline.services.marketo.begin_undo import begin_undo
from touchline.services.marketo.control_execution import approve_execution, resume_execution, stop_execution
from touchline.services.marketo.learning import USUAL, Asked
from touchline.services.marketo.managing import Managing, find_execution, find_service
from touchline.services.marketo.person_log import note

from manage_marketo import parts
from manage_marketo.execution_models import (
    ExecutionPageShown,
    ExecutionShown,
    LineShown,
    LogShown,
    ProblemShown,
    ProgressShown,
    ServiceNamed,
    StartBody,
    UndoBody,
    UsageShown,
    WaitingShown,
)
from manage_marketo.once import Key, answered_once
from manage_marketo.routing import managing_of, moment, moment_or_none, new_router
from manage_marketo.service_models import ListNamed

TAGS: Final = ["Marketo: executions"]
MOST_LISTED: Final = 100
MOST_LINES: Final = 1_000
ID: Final = r"^[0-9a-f]{1,40}$"
BEGUN: Final[dict[int, Any]] = {
    202: {"description": "It begins", "content": {"application/json": {"model": ExecutionShown}}}
}

router = new_router()
Limit = Annotated[int, Query(ge=1, le=MOST_LISTED)]
Cursor = Annotated[str | None, Query(pattern=ID)]


@router.get("/v1/marketo/executions", tags=TAGS, summary="Executions of all services, newest first")
def list_executions(limit: Limit = 50, cursor: Cursor = None) -> ExecutionPageShown:
    return _page(managing_of(router), None, limit, cursor)


@router.get("/v1/marketo/services/<service_id>/executions", tags=TAGS, summary="A service's executions, newest first")
def list_executions_of_service(service_id: str, limit: Limit = 50, cursor: Cursor = None) -> ExecutionPageShown:
    managing = managing_of(router)
    find_service(managing, service_id)
    return _page(managing, service_id, limit, cursor)


@router.post(
    "/v1/marketo/services/<service_id>/executions", tags=TAGS, summary="Start an execution now", responses=BEGUN
)
def start(service_id: str, body: Annotated[StartBody | None, Body()] = None, key: Key = None) -> Response[str]:
    how = USUAL if body is None else Asked(body.preview, body.full)
    return answered_once(router, key, lambda by: _begun(managing_of(router), service_id, replace(how, asked_by=by)))


@router.get("/v1/marketo/executions/<execution_id>", tags=TAGS, summary="How far an execution is")
def read(execution_id: str) -> ExecutionShown:
    return _shown(find_execution(managing_of(router), execution_id))


@router.post(
    "/v1/marketo/executions/<execution_id>/stop", tags=TAGS, summary="Stop: the export is called off, nothing is lost"
)
def stop(execution_id: str) -> ExecutionShown:
    managing = managing_of(router)
    execution = find_execution(managing, execution_id)
    stopping = stop_execution(managing.executions, managing.workflows, execution)
    note(managing, stopping, "stop asked for")
    return _shown(stopping)


@router.post(
    "/v1/marketo/executions/<execution_id>/resume", tags=TAGS, summary="Go on where it stopped, failed or waits"
)
def resume(execution_id: str) -> ExecutionShown:
    managing = managing_of(router)
    execution = find_execution(managing, execution_id)
    resumed = resume_execution(managing.executions, managing.workflows, execution)
    note(managing, resumed, "resumed", attempt=resumed.attempt)
    return _shown(resumed)


@router.post("/v1/marketo/executions/<execution_id>/approve", tags=TAGS, summary="Agree to what it asks, and go on")
def approve(execution_id: str) -> ExecutionShown:
    managing = managing_of(router)
    execution = find_execution(managing, execution_id)
    approved = approve_execution(managing.executions, managing.workflows, execution, managing.now)
    note(managing, approved, "approved")
    return _shown(approved)


@router.post(
    "/v1/marketo/executions/<execution_id>/run-again",
    tags=TAGS,
    summary="Start another execution of its service, as the service is now; of an undoing one, another undoing",
    responses=BEGUN,
)
def run_again(execution_id: str, key: Key = None) -> Response[str]:
    return answered_once(router, key, lambda by: _begun_again(managing_of(router), execution_id, by))


@router.post(
    "/v1/marketo/executions/<execution_id>/undo",
    tags=TAGS,
    summary="Start an execution that writes back what it changed, where that still stands",
    responses=BEGUN,
)
def undo(execution_id: str, body: Annotated[UndoBody | None, Body()] = None, key: Key = None) -> Response[str]:
    how = USUAL if body is None else Asked(body.preview)
    return answered_once(router, key, lambda by: _undoing(managing_of(router), execution_id, replace(how, asked_by=by)))


@router.get("/v1/marketo/executions/<execution_id>/log", tags=TAGS, summary="What it did, line by line")
def read_log(
    execution_id: str,
    limit: Annotated[int, Query(ge=1, le=MOST_LINES)] = 200,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
) -> LogShown:
    managing = managing_of(router)
    execution = find_execution(managing, execution_id)
    lines, after = managing.log.read(managing.tenant, execution.id, cursor, limit)
    return LogShown(lines=[LineShown(**line | {"at": moment(line["at"])}) for line in lines], next=after or None)


def _begun(managing: Managing, service_id: str, how: Asked) -> Response[str]:
    service = find_service(managing, service_id)
    drawn = execution_id(managing.now, parts.draw_id())
    beginning = parts.beginning(managing)
    execution = begin_execution(beginning, managing.tenant, service, id=drawn, by="person", now=managing.now, how=how)
    return _accepted(execution)


def _begun_again(managing: Managing, earlier_id: str, asked_by: str | None) -> Response[str]:
    execution = find_execution(managing, earlier_id)
    if execution.undoes is not None:
        return _undoing(managing, execution.undoes, Asked(execution.preview, asked_by=asked_by))
    return _begun(managing, execution.service.id, Asked(execution.preview, execution.full, asked_by))


def _undoing(managing: Managing, undone_id: str, how: Asked) -> Response[str]:
    undone = find_execution(managing, undone_id)
    drawn = execution_id(managing.now, parts.draw_id())
    beginning = parts.beginning(managing)
    execution = begin_undo(beginning, parts.files(), undone, id=drawn, now=managing.now, how=how)
    note(managing, undone, "undoing begun", undone_by=execution.id, preview=how.preview)
    return _accepted(execution)


def _accepted(execution: Execution) -> Response[str]:
    headers = {"Location": f"/v1/marketo/executions/{execution.id}"}
    return Response(202, "application/json", _shown(execution).model_dump_json(), headers)


def _page(managing: Managing, service: str | None, limit: int, cursor: str | None) -> ExecutionPageShown:
    page = managing.executions.page(managing.tenant, service=service, limit=limit, after=cursor)
    return ExecutionPageShown(executions=[_shown(one) for one in page.executions], next=page.after)


def _shown(execution: Execution) -> ExecutionShown:
    service, progress, waiting = execution.service, execution.progress, execution.waiting
    return ExecutionShown(
        id=execution.id,
        service=ServiceNamed(
            id=service.id,
            name=service.name,
            kind=service.kind,
            list=None if service.list is None else ListNamed(**asdict(service.list)),
            rules=dict(service.rules),
        ),
        state=execution.state,
        preview=execution.preview,
        full=execution.full,
        undoes=execution.undoes,
        undone_by=execution.undone_by,
        started_by=execution.started_by,
        attempt=execution.attempt,
        progress=ProgressShown(
            **asdict(progress)
            | {
                "estimated_end": moment_or_none(progress.estimated_end),
                "seconds_by_stage": {stage: round(took / 1000) for stage, took in progress.took.items()},
            },
            stages=list(STAGES),
        ),
        waiting=None
        if waiting is None
        else WaitingShown(reason=waiting.reason, code=waiting.code, until=moment(waiting.until)),
        plan=dict(execution.plan),
        usage=UsageShown(**asdict(execution.usage)),
        results=dict(execution.results),
        problems=[ProblemShown(**asdict(one) | {"leads": list(one.leads)}) for one in execution.problems],
        created_at=moment(execution.created_at),
        started_at=moment_or_none(execution.started_at),
        ended_at=moment_or_none(execution.ended_at),
    )
