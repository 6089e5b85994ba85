"""Connections to instances of Marketo: tried before they are kept, with a verdict for each permission."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from touchline.domain.marketo.connections import Check, Connection, Share
from touchline.domain.marketo.endpoints import parse_endpoint
from touchline.domain.marketo.limits import OWN_CALLS_AT_ONCE, OWN_CALLS_IN_WINDOW
from touchline.errors import Conflict, CredentialsRefused, InvalidRequest
from touchline.marketo_ports import Marketo
from touchline.services.marketo.look_again import look_again, not_lowered
from touchline.services.marketo.managing import Managing, checked_name, find_connection, opened

MOST_CONNECTIONS: Final = 100
MOST_NAMED: Final = 5
MOST_A_DAY: Final = 10_000_000_000  # beyond it nobody means what is written
LIMITS: Final = {
    "calls_a_day": (100, MOST_A_DAY),
    "bytes_a_day": (1_000_000, MOST_A_DAY),
    "calls_in_20_seconds": (1, OWN_CALLS_IN_WINDOW),
    "calls_at_once": (1, OWN_CALLS_AT_ONCE),
}


@dataclass(frozen=True, slots=True)
class ConnectionChange:
    """None: as it was."""

    name: str | None = None
    endpoint: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    share: Share | None = None

    @property
    def is_to_be_tried(self) -> bool:
        return (self.endpoint, self.client_id, self.client_secret) != (None, None, None)


def create_connection(managing: Managing, draft: Connection, client_secret: str) -> Connection:
    """`draft` with its drawn id. Raises CredentialsRefused where Marketo does not take the credentials, and keeps
    nothing; permissions that are missing are told in the connection's checks."""
    if len(managing.connections.all(managing.tenant)) >= MOST_CONNECTIONS:
        raise Conflict(f"There are {MOST_CONNECTIONS} connections already. Delete one that is not needed any more.")
    now = managing.now
    connection = replace(_stored(managing, draft), created_at=now, changed_at=now)
    _check_name(managing, connection)
    checks = _tried(managing.try_marketo(managing.tenant, connection, _secret(client_secret)))
    connection = replace(connection, checks=checks, checked_at=now)
    managing.secrets.put(managing.tenant, connection.id, client_secret)
    managing.connections.add(managing.tenant, connection)
    return connection


def change_connection(managing: Managing, connection_id: str, change: ConnectionChange) -> Connection:
    """New credentials are tried before they replace the old ones; executions that are under way go on with them.
    What waits for a share of the day looks again at once when the share is set, also to what it was. Raises Conflict
    where services would find themselves on another instance."""
    before = find_connection(managing, connection_id)
    connection = _stored(
        managing,
        replace(
            before,
            name=before.name if change.name is None else change.name,
            endpoint=before.endpoint if change.endpoint is None else change.endpoint,
            client_id=before.client_id if change.client_id is None else change.client_id,
            share=before.share if change.share is None else change.share,
            changed_at=managing.now,
            revision=before.revision + 1,
        ),
    )
    _check_name(managing, connection)
    if connection.endpoint != before.endpoint:
        _check_unused(managing, connection_id, "Lists and fields are another instance's there: connect it beside.")
    if change.is_to_be_tried:
        kept = managing.secrets.get(managing.tenant, connection_id) if change.client_secret is None else None
        secret = _secret(change.client_secret or kept or "")
        checks = _tried(managing.try_marketo(managing.tenant, connection, secret))
        connection = replace(connection, checks=checks, checked_at=managing.now)
    managing.connections.replace(managing.tenant, connection)
    if change.client_secret is not None:
        managing.secrets.put(managing.tenant, connection_id, change.client_secret)
    if change.share is not None:
        look_again(managing, connection_id, not_lowered(before.share, change.share))
    return connection


def check_connection(managing: Managing, connection_id: str) -> Connection:
    """The verdict is kept with the connection, also where it is that the credentials are no longer good."""
    before = find_connection(managing, connection_id)
    try:
        checks = _tried(opened(managing, before))
    except CredentialsRefused as refused:
        checks = (Check("credentials", "failed", str(refused), needed_for=("everything",)),)
    checked = replace(before, checks=checks, checked_at=managing.now, revision=before.revision + 1)
    managing.connections.replace(managing.tenant, checked)
    return checked


def delete_connection(managing: Managing, connection_id: str) -> None:
    """Raises Conflict where services use it."""
    find_connection(managing, connection_id)
    _check_unused(managing, connection_id, "Delete them first.")
    managing.connections.delete(managing.tenant, connection_id)
    managing.secrets.delete(managing.tenant, connection_id)


def _check_unused(managing: Managing, connection_id: str, advice: str) -> None:
    users = managing.services.all(managing.tenant, connection=connection_id)
    if users:
        named = ", ".join(repr(service.name) for service in users[:MOST_NAMED])
        more = f" and {len(users) - MOST_NAMED} more" if len(users) > MOST_NAMED else ""
        raise Conflict(f"Services use this connection: {named}{more}. {advice}")


def failed_checks(connection: Connection, *needs: str | None) -> list[Check]:
    """Of those that any of `needs` (a kind of service, an outcome) cannot do without."""
    wanted = {"everything", *needs}
    return [check for check in connection.checks if check.state == "failed" and wanted & set(check.needed_for)]


def _tried(marketo: Marketo) -> tuple[Check, ...]:
    checks = tuple(marketo.check())
    refused = next((check for check in checks if check.name == "credentials" and check.state == "failed"), None)
    if refused is not None:
        raise CredentialsRefused(refused.message, field="client_secret")
    return checks


def _stored(managing: Managing, connection: Connection) -> Connection:
    _check_share(connection.share)
    return replace(
        connection,
        name=checked_name(connection.name),
        endpoint=parse_endpoint(connection.endpoint, managing.endpoints),
        client_id=_plain(connection.client_id, "client_id"),
    )


def _check_share(share: Share) -> None:
    for name, (least, most) in LIMITS.items():
        if not least <= getattr(share, name) <= most:
            raise InvalidRequest(f"{name} is a number from {least:,} to {most:,}.", field=f"share.{name}")


def _check_name(managing: Managing, connection: Connection) -> None:
    """Before Marketo is asked; the store refuses the second of two who ask at once."""
    others: Sequence[Connection] = managing.connections.all(managing.tenant)
    if any(one.name.casefold() == connection.name.casefold() and one.id != connection.id for one in others):
        raise Conflict(f"Another connection is named {connection.name!r}.", field="name")


def _secret(text: str) -> str:
    return _plain(text, "client_secret")


def _plain(text: str, field: str) -> str:
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise InvalidRequest(f"{field} is what Marketo shows: ASCII without blanks.", field=field)
    return text
