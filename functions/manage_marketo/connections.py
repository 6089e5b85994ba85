"""/v1/marketo/connections: instances of Marketo, what may be used of them, and what they have."""

from dataclasses import asdict
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from touchline.domain.marketo.connections import Connection, Share
from touchline.domain.marketo.kinds import KINDS_OF_SERVICES
from touchline.domain.marketo.services import ListKind
from touchline.errors import InvalidRequest
from touchline.services.marketo.manage_connections import (
    ConnectionChange,
    change_connection,
    check_connection,
    create_connection,
    delete_connection,
    failed_checks,
)
from touchline.services.marketo.managing import find_connection, opened

from manage_marketo import parts
from manage_marketo.connection_models import (
    CheckShown,
    ConnectionList,
    ConnectionPatch,
    ConnectionShown,
    FieldList,
    FieldShown,
    ListPage,
    ListShown,
    NewConnection,
    QuotaShown,
    ReservationShown,
    ShareBody,
    ShareShown,
    Used,
)
from manage_marketo.routing import GONE, gone, managing_of, moment, moment_or_none, new_router

TAGS = ["Marketo: connections"]
MOST_LISTED = 200

router = new_router()


@router.get("/v1/marketo/connections", tags=TAGS, summary="List the connections, by name")
def list_connections() -> ConnectionList:
    managing = managing_of(router)
    return ConnectionList(connections=[_shown(one) for one in managing.connections.all(managing.tenant)])


@router.post("/v1/marketo/connections", tags=TAGS, summary="Connect an instance; its credentials are tried first")
def create(body: Annotated[NewConnection, Body()]) -> tuple[ConnectionShown, int]:
    share = _share(Share(), body.share)
    draft = Connection(parts.draw_id(), body.name, body.endpoint, body.client_id, share)
    return _shown(create_connection(managing_of(router), draft, body.client_secret.get_secret_value())), 201


@router.get("/v1/marketo/connections/<connection_id>", tags=TAGS, summary="Read a connection")
def read(connection_id: str) -> ConnectionShown:
    return _shown(find_connection(managing_of(router), connection_id))


@router.patch(
    "/v1/marketo/connections/<connection_id>", tags=TAGS, summary="Change a connection, or give it a new secret"
)
def change(connection_id: str, body: Annotated[ConnectionPatch, Body()]) -> ConnectionShown:
    managing = managing_of(router)
    before = find_connection(managing, connection_id)
    share = _share(before.share, body.share) if body.share.model_fields_set else None
    secret = None if body.client_secret is None else body.client_secret.get_secret_value()
    asked = ConnectionChange(body.name, body.endpoint, body.client_id, secret, share)
    return _shown(change_connection(managing, connection_id, asked))


@router.delete(
    "/v1/marketo/connections/<connection_id>",
    tags=TAGS,
    summary="Delete a connection that no service uses",
    responses=GONE,
)
def delete(connection_id: str) -> Response[str]:
    delete_connection(managing_of(router), connection_id)
    return gone()


@router.post("/v1/marketo/connections/<connection_id>/check", tags=TAGS, summary="Try the credentials and permissions")
def check(connection_id: str) -> ConnectionShown:
    return _shown(check_connection(managing_of(router), connection_id))


@router.get("/v1/marketo/connections/<connection_id>/lists", tags=TAGS, summary="Search the instance's lists by name")
def list_lists(
    connection_id: str,
    kind: Annotated[ListKind, Query()],
    name: Annotated[str, Query(max_length=255)] = "",
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 50,
    cursor: Annotated[str | None, Query()] = None,
) -> ListPage:
    managing = managing_of(router)
    marketo = opened(managing, find_connection(managing, connection_id))
    offset = _offset(cursor)
    found = marketo.lists(kind, name=name, offset=offset, limit=limit)
    following = str(offset + limit) if len(found) == limit else None
    return ListPage(lists=[ListShown(**asdict(one)) for one in found], next=following)


@router.get("/v1/marketo/connections/<connection_id>/fields", tags=TAGS, summary="The instance's fields of leads")
def list_fields(connection_id: str) -> FieldList:
    managing = managing_of(router)
    fields = opened(managing, find_connection(managing, connection_id)).fields()
    return FieldList(fields=[FieldShown(**asdict(one), type=one.data_type) for one in fields])


@router.get("/v1/marketo/connections/<connection_id>/quota", tags=TAGS, summary="What is used and reserved today")
def read_quota(connection_id: str) -> QuotaShown:
    managing = managing_of(router)
    connection = find_connection(managing, connection_id)
    day = managing.ledger.day(managing.tenant, connection, managing.now)
    held = day.reservations
    return QuotaShown(
        day=day.day,
        resets_at=moment(day.resets_at),
        calls=_used(day.calls_used, sum(one.calls for one in held), connection.share.calls_a_day),
        bytes=_used(day.bytes_used, sum(one.bytes for one in held), connection.share.bytes_a_day),
        reservations=[ReservationShown(**asdict(one)) for one in held],
    )


def _used(used: int, reserved: int, share: int) -> Used:
    return Used(used=used, reserved=reserved, share=share, free=max(0, share - used - reserved))


def _share(before: Share, asked: ShareBody) -> Share:
    return Share(**asdict(before) | asked.model_dump(exclude_none=True))


def _offset(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isascii() or not cursor.isdecimal() or len(cursor) > 9:
        raise InvalidRequest("The cursor is none that a page before has told.", field="cursor")
    return int(cursor)


def _shown(connection: Connection) -> ConnectionShown:
    kinds = KINDS_OF_SERVICES
    ready = [kind for kind in kinds if not failed_checks(connection, kind)]
    return ConnectionShown(
        id=connection.id,
        name=connection.name,
        endpoint=connection.endpoint,
        client_id=connection.client_id,
        share=ShareShown(**asdict(connection.share)),
        verdict=_verdict(connection),
        ready_for=ready,
        checks=[CheckShown(**asdict(one) | {"needed_for": list(one.needed_for)}) for one in connection.checks],
        checked_at=moment_or_none(connection.checked_at),
        created_at=moment(connection.created_at),
        changed_at=moment(connection.changed_at),
    )


def _verdict(connection: Connection) -> Literal["ok", "limited", "failed"]:
    failed = [check.name for check in connection.checks if check.state == "failed"]
    if "credentials" in failed:
        return "failed"
    return "limited" if failed else "ok"
