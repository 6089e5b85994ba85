"""/v1/marketo/services: what is done with which list, and when."""

from dataclasses import asdict, replace
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from touchline.domain.marketo.schedules import next_runs
from touchline.domain.marketo.services import Kind, Schedule, Service, ServiceState
from touchline.services.marketo.begin_execution import plan_execution
from touchline.services.marketo.check_service import ServiceDraft
from touchline.services.marketo.manage_services import (
    change_service,
    clone_service,
    create_service,
    delete_service,
    draft_of,
    pause_service,
    resume_service,
)
from touchline.services.marketo.managing import find_connection, find_service

from manage_marketo import parts
from manage_marketo.routing import GONE, gone, managing_of, moment, new_router
from manage_marketo.service_models import (
    CloneBody,
    ListNamed,
    NewService,
    PlanBody,
    PlanShown,
    SavedServiceShown,
    ScheduleBody,
    ScheduleShown,
    ServiceList,
    ServicePatch,
    ServiceShown,
)

TAGS = ["Marketo: services"]
RUNS_SHOWN = 5

router = new_router()


@router.get("/v1/marketo/services", tags=TAGS, summary="List the services, by name")
def list_services(
    connection: Annotated[str | None, Query()] = None,
    group: Annotated[str | None, Query()] = None,
    kind: Annotated[Kind | None, Query()] = None,
    state: Annotated[ServiceState | None, Query()] = None,
) -> ServiceList:
    managing = managing_of(router)
    found = managing.services.all(managing.tenant, connection=connection, group=group)
    wanted = [one for one in found if kind in {None, one.kind} and state in {None, one.state}]
    return ServiceList(services=[ServiceShown(**_facts(one)) for one in wanted])


@router.post("/v1/marketo/services", tags=TAGS, summary="Set up a service; its rules are checked against the instance")
def create(body: Annotated[NewService, Body()]) -> tuple[SavedServiceShown, int]:
    draft = ServiceDraft(
        body.name,
        body.group,
        body.connection,
        body.kind,
        None if body.list is None else (body.list.kind, body.list.id),
        body.rules,
        _schedule(body.schedule),
        body.create_missing_fields,
    )
    saved = create_service(managing_of(router), parts.draw_id(), draft)
    return SavedServiceShown(**_facts(saved.service), created_fields=list(saved.created_fields)), 201


@router.get("/v1/marketo/services/<service_id>", tags=TAGS, summary="Read a service")
def read(service_id: str) -> ServiceShown:
    return ServiceShown(**_facts(find_service(managing_of(router), service_id)))


@router.patch("/v1/marketo/services/<service_id>", tags=TAGS, summary="Change a service; it is checked as a new one is")
def change(service_id: str, body: Annotated[ServicePatch, Body()]) -> SavedServiceShown:
    managing = managing_of(router)
    draft = _changed(draft_of(find_service(managing, service_id)), body)
    saved = change_service(managing, service_id, draft)
    return SavedServiceShown(**_facts(saved.service), created_fields=list(saved.created_fields))


@router.delete(
    "/v1/marketo/services/<service_id>",
    tags=TAGS,
    summary="Delete a service; its executions stay readable",
    responses=GONE,
)
def delete(service_id: str) -> Response[str]:
    delete_service(managing_of(router), service_id)
    return gone()


@router.post("/v1/marketo/services/<service_id>/clone", tags=TAGS, summary="Make another one like it, paused")
def clone(service_id: str, body: Annotated[CloneBody, Body()]) -> tuple[ServiceShown, int]:
    made = clone_service(managing_of(router), service_id, parts.draw_id(), name=body.name, group=body.group)
    return ServiceShown(**_facts(made)), 201


@router.post("/v1/marketo/services/<service_id>/pause", tags=TAGS, summary="Stop its schedule; what runs goes on")
def pause(service_id: str) -> ServiceShown:
    return ServiceShown(**_facts(pause_service(managing_of(router), service_id)))


@router.post("/v1/marketo/services/<service_id>/resume", tags=TAGS, summary="Let its schedule go on")
def resume(service_id: str) -> ServiceShown:
    return ServiceShown(**_facts(resume_service(managing_of(router), service_id)))


@router.post(
    "/v1/marketo/services/<service_id>/plan", tags=TAGS, summary="What an execution would need; starts nothing"
)
def plan(service_id: str, body: Annotated[PlanBody, Body()]) -> PlanShown:
    managing = managing_of(router)
    service = find_service(managing, service_id)
    planned = plan_execution(parts.beginning(managing), managing.tenant, service, body.leads, now=managing.now)
    connection = find_connection(managing, service.connection)
    day = managing.ledger.day(managing.tenant, connection, managing.now)
    calls = connection.share.calls_a_day - day.calls_used - sum(one.calls for one in day.reservations)
    size = connection.share.bytes_a_day - day.bytes_used - sum(one.bytes for one in day.reservations)
    return PlanShown(
        **planned.facts(),
        free_calls_today=max(0, calls),
        free_bytes_today=max(0, size),
        fits_today=planned.calls <= calls and planned.bytes <= size,
    )


def _changed(draft: ServiceDraft, body: ServicePatch) -> ServiceDraft:
    if body.name is not None:
        draft = replace(draft, name=body.name)
    if body.group is not None:
        draft = replace(draft, group=body.group)
    if "list" in body.model_fields_set:
        draft = replace(draft, list_=None if body.list is None else (body.list.kind, body.list.id))
    if body.rules is not None:
        draft = replace(draft, rules=body.rules)
    if "schedule" in body.model_fields_set:
        draft = replace(draft, schedule=_schedule(body.schedule))
    return replace(draft, create_missing_fields=body.create_missing_fields)


def _schedule(body: ScheduleBody | None) -> Schedule | None:
    return None if body is None else Schedule(body.expression.strip(), body.time_zone)


def _facts(service: Service) -> dict[str, Any]:
    schedule = service.schedule
    is_running = schedule is not None and service.state == "enabled"
    return {
        "id": service.id,
        "group": service.group,
        "connection": service.connection,
        "kind": service.kind,
        "name": service.name,
        "list": None if service.list is None else ListNamed(**asdict(service.list)),
        "rules": service.rules,
        "description": service.reading.get("words", []),
        "warnings": service.reading.get("warnings", []),
        "schedule": None
        if schedule is None
        else ScheduleShown(expression=schedule.expression, time_zone=schedule.time_zone),
        "next_runs": [moment(at) for at in next_runs(schedule, parts.now(), RUNS_SHOWN)]
        if schedule and is_running
        else [],
        "state": service.state,
        "created_at": moment(service.created_at),
        "changed_at": moment(service.changed_at),
    }
