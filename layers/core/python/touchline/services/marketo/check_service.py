"""A service is checked against its instance before it is kept: list, rules, fields, permissions, schedule."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from touchline.domain.marketo.api import LeadField
from touchline.domain.marketo.connections import Connection
from touchline.domain.marketo.kinds import KindOfService, kind_named
from touchline.domain.marketo.schedules import check_schedule
from touchline.domain.marketo.services import Kind, ListKind, ListReference, Schedule, Service
from touchline.errors import InvalidRequest, NotFound, PermissionMissing
from touchline.marketo_ports import Marketo
from touchline.services.marketo.manage_connections import check_connection, failed_checks
from touchline.services.marketo.managing import Managing, checked_name, find_connection, find_group, opened
from touchline.services.marketo.smart_list_orders import rules_of_list

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
class CheckedService:
    service: Service
    created_fields: tuple[str, ...] = ()


def checked_service(managing: Managing, service_id: str, draft: ServiceDraft) -> CheckedService:
    """The service that is asked for, and whatever else can be wrong with it refused; what can be found out without
    Marketo comes first. Raises InvalidRequest, PermissionMissing, and what Marketo says."""
    kind = kind_named(draft.kind)
    name = checked_name(draft.name)
    _check_text(draft.rules)
    with of_body("group"):
        find_group(managing, draft.group)
    with of_body("connection"):
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
    if chosen is not None and chosen.kind == "smart" and not _exports_smart_lists(connection):
        rules_of_list(marketo, chosen, fields)
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
    return CheckedService(service, tuple(field.name for field in created))


def _checked_schedule(managing: Managing, schedule: Schedule | None) -> Schedule | None:
    if schedule is None:
        return None
    check_schedule(schedule, managing.now, least_minutes=managing.least_minutes)
    return replace(schedule, since=managing.now)


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


def _exports_smart_lists(connection: Connection) -> bool:
    """As far as was seen when it was last tried."""
    return not any(check.name == "extract_smart_lists" and check.state == "not_needed" for check in connection.checks)


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


@contextmanager
def of_body(field: str) -> Iterator[None]:
    """What a body names and is not there is a fault of the body."""
    try:
        yield
    except NotFound as error:
        raise InvalidRequest(str(error), field=field) from error
