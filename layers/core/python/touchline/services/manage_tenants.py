"""Tenants and their first keys, created by an operator."""

import re
from collections.abc import Callable, Sequence
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from touchline.domain.api_keys import PresentedKey
from touchline.domain.tenancy import SCOPES, Scope, Tenant
from touchline.errors import InvalidRequest, NotFound
from touchline.ports import ApiKeys, Tenants
from touchline.services.manage_keys import IssuedKey, checked_name, create_key

# It becomes part of S3 keys (tenant=<id>/), table keys and logs.
TENANT_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
EMAIL_KEY_BYTES: Final = 32
MOST_EVENTS_PER_SECOND: Final = 1_000_000


def create_tenant(
    tenants: Tenants, keys: ApiKeys, tenant: Tenant, draw_key: Callable[[], PresentedKey]
) -> list[IssuedKey]:
    """One key for each scope. Raises Conflict where the id is taken."""
    _check(tenant)
    tenants.add(tenant)
    return [
        create_key(keys, tenant.id, name=f"First {scope} key", scopes=[scope], now=tenant.created_at, drawn=draw_key())
        for scope in SCOPES
    ]


def create_tenant_key(
    tenants: Tenants, keys: ApiKeys, tenant: str, *, name: str, scopes: Sequence[Scope], now: int, drawn: PresentedKey
) -> IssuedKey:
    if tenants.get(tenant) is None:
        raise NotFound(f"There is no tenant {tenant!r}.")
    return create_key(keys, tenant, name=name, scopes=scopes, now=now, drawn=drawn)


def _check(tenant: Tenant) -> None:
    if not TENANT_ID.fullmatch(tenant.id):
        raise InvalidRequest("tenant must be 1 to 63 of a-z, 0-9 and -, and not begin with a hyphen.", field="tenant")
    checked_name(tenant.name)
    if not 0 < tenant.events_per_second <= MOST_EVENTS_PER_SECOND:
        raise InvalidRequest(
            f"events_per_second must be between 1 and {MOST_EVENTS_PER_SECOND:,}.", field="events_per_second"
        )
    try:
        ZoneInfo(tenant.time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InvalidRequest("time_zone must be an IANA name, as Europe/Berlin.", field="time_zone") from error
