"""Services: a task on one list of one connection, its rules checked against the instance before they are kept."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from touchline.domain.marketo.api import LeadField
from touchline.domain.marketo.connections import Connection
from touchline.domain.marketo.executions import ENDED
from touchline.domain.marketo.kinds import KindOfService, kind_named
from touchline.domain.marketo.schedules import check_schedule
from touchline.domain.marketo.services import Kind, ListKind, ListReference, Schedule, Service, ServiceState
from touchline.errors import Conflict, InvalidRequest, NotFound, PermissionMissing
from touchline.marketo_ports import Marketo
from touchline.services.marketo.manage_connections import check_connection, failed_checks
from touchline.services.marketo.managing import (
    Managing,
    checked_name,
    find_connection,
    find_group,
    find_service,
    opened,
)

MOST_SERVICES: Final = 1_000
MOST_NAMED: Final = 10
LONGEST_RULES: Final = 100_000  # a table's item holds 400 KB, and an execution keeps the rules that it began with


@dataclass(frozen=True, slots=True)
class ServiceDraft:
    """What a person asks for. `list_`: its kind and id; the instance knows its name."""

    name: str
    group: str
    connection: str
    kind: Kind
    list_: tuple[ListKind, int] | None
    rules: Mapping[str, Any]
    schedule: Schedule | None = None
    create_missing_fields: bool = False


@dataclass(frozen=True, slots=True)
class SavedService:
    service: Service
    created_fields: tuple[str, ...] = ()


def create_service(managing: Managing, service_id: str, draft: ServiceDraft) -> SavedService:
    """Raises InvalidRequest, Conflict, PermissionMissing, and what Marketo says."""
    if len(managing.services.all(managing.tenant)) >= MOST_SERVICES:
        raise Conflict(f"There are {MOST_SERVICES:,} services already. Delete one that is not needed any more.")
    saved = _checked(managing, service_id, draft)
    service = replace(saved.service, created_at=managing.now, changed_at=managing.now)
    managing.services.add(managing.tenant, service)
    try:
        _schedule(managing, service)
    except BaseException:
        # A service that is there and does not run when it says so would be worse than none.
        managing.services.delete(managing.tenant, service_id)
        raise
    return replace(saved, service=service)


def change_service(managing: Managing, service_id: str, draft: ServiceDraft) -> SavedService:
    """`draft`: the whole service as it is to be; its connection and kind stay."""
    before = find_service(managing, service_id)
    saved = _checked(managing, service_id, draft)
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
        _schedule(managing, after)
    return replace(saved, service=after)


def clone_service(managing: Managing, service_id: str, new_id: str, *, name: str, group: str | None) -> Service:
    """Paused, so that two do the same only when somebody wants it."""
    original = find_service(managing, service_id)
    if group is not None:
        with _of_body("group"):
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
    for execution in managing.executions.page(managing.tenant, service=service_id).executions:
        if execution.state not in ENDED:
            raise Conflict(
                f"The service's execution {execution.id} is {execution.state}: stop it, or wait for its end."
            )
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


def _checked(managing: Managing, service_id: str, draft: ServiceDraft) -> SavedService:
    """What can be found out without Marketo comes first."""
    kind = kind_named(draft.kind)
    name = checked_name(draft.name)
    _check_text(draft.rules)
    with _of_body("group"):
        find_group(managing, draft.group)
    with _of_body("connection"):
        connection = find_connection(managing, draft.connection)
    schedule = _checked_schedule(managing, draft.schedule)
    if draft.list_ is None and kind.needs_list(draft.rules):
        raise InvalidRequest(
            f"A service of the kind {draft.kind} with these rules works on a list: say which.", field="list"
        )
    _check_permissions(managing, connection, kind, draft)
    marketo = opened(managing, connection)
    chosen = None if draft.list_ is None else _existing_list(marketo, connection, *draft.list_)
    fields = marketo.fields()
    created = _created(managing, connection, kind, draft, fields)
    read = kind.read(draft.rules, [*fields, *created])
    service = Service(
        id=service_id,
        group=draft.group,
        connection=connection.id,
        kind=draft.kind,
        name=name,
        list=chosen,
        rules=draft.rules,
        reading=read.facts(),
        schedule=schedule,
    )
    return SavedService(service, tuple(field.name for field in created))


def _checked_schedule(managing: Managing, schedule: Schedule | None) -> Schedule | None:
    if schedule is None:
        return None
    check_schedule(schedule, managing.now, least_minutes=managing.least_minutes)
    return replace(schedule, since=managing.now)


def _same_times(one: Service, other: Service) -> bool:
    """Whatever they count from."""
    if one.schedule is None or other.schedule is None:
        return one.schedule is other.schedule
    return replace(one.schedule, since=0) == replace(other.schedule, since=0)


def _check_text(rules: Mapping[str, Any]) -> None:
    """Whatever is in them, they can be kept."""
    try:
        size = len(json.dumps(rules, ensure_ascii=False, allow_nan=False).encode())
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(
            "The rules hold what is no text or number: half a surrogate pair, NaN, or too many levels.", field="rules"
        ) from error
    if size > LONGEST_RULES:
        raise InvalidRequest(f"The rules have {size:,} bytes; at most {LONGEST_RULES:,} are taken.", field="rules")


def _check_permissions(managing: Managing, connection: Connection, kind: KindOfService, draft: ServiceDraft) -> None:
    smart = "smart_lists" if draft.list_ is not None and draft.list_[0] == "smart" else None
    _must_be_able(managing, connection, draft.kind, kind.outcome(draft.rules), smart)


def _must_be_able(managing: Managing, connection: Connection, *needs: str | None) -> None:
    """What failed when it was last tried is tried once more: it may have been granted since."""
    if not failed_checks(connection, *needs):
        return
    failed = failed_checks(check_connection(managing, connection.id), *needs)
    if failed:
        told = "; ".join(f"{check.name}: {check.message}" for check in failed)
        raise PermissionMissing(f"The connection {connection.name!r} cannot do this. {told}", field="connection")


def _existing_list(marketo: Marketo, connection: Connection, kind: ListKind, list_id: int) -> ListReference:
    found = marketo.get_list(kind, list_id)
    if found is None:
        raise InvalidRequest(
            f"The instance has no {kind} list {list_id}. "
            f"GET /v1/marketo/connections/{connection.id}/lists?kind={kind} finds those that it has.",
            field="list.id",
        )
    return ListReference(kind, list_id, found.name)


def _created(
    managing: Managing, connection: Connection, kind: KindOfService, draft: ServiceDraft, fields: list[LeadField]
) -> list[LeadField]:
    """Those that the rules write to and the instance lacked. The rules are read first as if it had them: what else is
    wrong with them is told first, and nothing is created for rules that are refused; Marketo never deletes a field."""
    missing = kind.missing(draft.rules, fields)
    if not missing:
        return []
    kind.read(draft.rules, [*fields, *missing])
    if not draft.create_missing_fields:
        named = ", ".join(f"{field.name} ({field.data_type})" for field in missing[:MOST_NAMED])
        raise InvalidRequest(
            f"The instance lacks fields that the rules write to: {named}. Create them in Marketo, or send "
            "create_missing_fields: true to have them created.",
            field="rules",
        )
    _must_be_able(managing, connection, "new_fields")
    opened(managing, connection).create_fields(missing)
    return missing


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


@contextmanager
def _of_body(field: str) -> Iterator[None]:
    """What a body names and is not there is a fault of the body."""
    try:
        yield
    except NotFound as error:
        raise InvalidRequest(str(error), field=field) from error
