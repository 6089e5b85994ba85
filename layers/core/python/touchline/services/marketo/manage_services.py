"""Services: set up, changed, cloned, paused and deleted; the scheduler always knows what is kept."""

from dataclasses import replace
from typing import Final

from touchline.domain.marketo.schedules import check_schedule
from touchline.domain.marketo.services import Service, ServiceState
from touchline.errors import Conflict
from touchline.services.marketo.check_service import CheckedService, ServiceDraft, checked_service, of_body
from touchline.services.marketo.managing import Managing, checked_name, find_group, find_service

MOST_SERVICES: Final = 1_000


def create_service(managing: Managing, service_id: str, draft: ServiceDraft) -> CheckedService:
    """Raises InvalidRequest, Conflict, PermissionMissing, and what Marketo says."""
    if len(managing.services.all(managing.tenant)) >= MOST_SERVICES:
        raise Conflict(f"There are {MOST_SERVICES:,} services already. Delete one that is not needed any more.")
    saved = checked_service(managing, service_id, draft)
    service = replace(saved.service, created_at=managing.now, changed_at=managing.now)
    managing.services.add(managing.tenant, service)
    try:
        _schedule(managing, service)
    except BaseException:
        # A service that is there and does not run when it says so would be worse than none.
        managing.services.delete(managing.tenant, service_id)
        raise
    return replace(saved, service=service)


def change_service(managing: Managing, service_id: str, draft: ServiceDraft) -> CheckedService:
    """`draft`: the whole service as it is to be; its connection and kind stay."""
    before = find_service(managing, service_id)
    saved = checked_service(managing, service_id, draft)
    after = replace(
        saved.service,
        state=before.state,
        created_at=before.created_at,
        changed_at=managing.now,
        schedule=before.schedule if _same_times(saved.service, before) else saved.service.schedule,
        revision=before.revision + 1,
    )
    managing.services.replace(managing.tenant, after)
    if after.schedule != before.schedule:
        try:
            _schedule(managing, after)
        except BaseException:
            # As it was, so that the same change, sent again, is told to the scheduler again.
            managing.services.replace(managing.tenant, replace(before, revision=after.revision + 1))
            raise
    return replace(saved, service=after)


def clone_service(managing: Managing, service_id: str, new_id: str, *, name: str, group: str | None) -> Service:
    """Paused, so that two do the same only when somebody wants it."""
    original = find_service(managing, service_id)
    if group is not None:
        with of_body("group"):
            find_group(managing, group)
    clone = replace(
        original,
        id=new_id,
        name=checked_name(name),
        group=group or original.group,
        state="paused",
        created_at=managing.now,
        changed_at=managing.now,
        revision=1,
    )
    managing.services.add(managing.tenant, clone)
    _schedule(managing, clone)
    return clone


def pause_service(managing: Managing, service_id: str) -> Service:
    """Its schedule starts nothing; what is under way goes on."""
    return _in_state(managing, find_service(managing, service_id), "paused")


def resume_service(managing: Managing, service_id: str) -> Service:
    """Raises InvalidRequest where its schedule has no time to come any more."""
    service = find_service(managing, service_id)
    if service.schedule is not None:
        check_schedule(service.schedule, managing.now, least_minutes=managing.least_minutes)
    return _in_state(managing, service, "enabled")


def delete_service(managing: Managing, service_id: str) -> None:
    """Its executions stay to be looked at. Raises Conflict while one is under way."""
    find_service(managing, service_id)
    execution = managing.executions.under_way(managing.tenant, service_id)
    if execution is not None:
        raise Conflict(f"The service's execution {execution.id} is {execution.state}: stop it, or wait for its end.")
    managing.schedules.delete(managing.tenant, service_id)
    managing.services.delete(managing.tenant, service_id)


def draft_of(service: Service) -> ServiceDraft:
    return ServiceDraft(
        service.name,
        service.group,
        service.connection,
        service.kind,
        None if service.list is None else (service.list.kind, service.list.id),
        service.rules,
        service.schedule,
    )


def _same_times(one: Service, other: Service) -> bool:
    """Whatever they count from."""
    if one.schedule is None or other.schedule is None:
        return one.schedule is other.schedule
    return replace(one.schedule, since=0) == replace(other.schedule, since=0)


def _in_state(managing: Managing, service: Service, state: ServiceState) -> Service:
    """Also where it is in that state: the scheduler is told once more, as it may not have heard of it."""
    since_now = None if service.schedule is None else replace(service.schedule, since=managing.now)
    changed = replace(service, state=state, schedule=since_now, changed_at=managing.now, revision=service.revision + 1)
    managing.services.replace(managing.tenant, changed)
    _schedule(managing, changed)
    return changed


def _schedule(managing: Managing, service: Service) -> None:
    if service.schedule is None:
        managing.schedules.delete(managing.tenant, service.id)
    else:
        enabled = service.state == "enabled"
        managing.schedules.put(managing.tenant, service.id, service.schedule, enabled=enabled)
