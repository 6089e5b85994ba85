"""Who a request belongs to. The tenant comes from the API key alone, never from the request."""

from dataclasses import dataclass
from typing import Literal

Scope = Literal["ingest", "read", "analyst", "admin"]
SCOPES: tuple[Scope, ...] = ("ingest", "read", "analyst", "admin")

EmailPolicy = Literal["hash", "keep"]


@dataclass(frozen=True, slots=True)
class Tenant:
    """One customer. `email_key` keys the hash of its e-mail addresses, so that hashes of two tenants never match."""

    id: str
    name: str
    email_policy: EmailPolicy
    email_key: bytes
    events_per_second: int
    time_zone: str
    week_starts_on: Literal["monday", "sunday"]
    created_at: int  # epoch ms


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is stored: of the secret only its SHA-256 (it has 256 random bits, so a slow hash adds nothing)."""

    id: str
    tenant: str
    name: str
    scopes: frozenset[Scope]
    secret_sha256: str
    created_at: int  # epoch ms
    expires_at: int | None = None  # epoch ms; None: does not expire
    revoked_at: int | None = None
    # While a key is rotated, the old secret goes on working until `previous_expires_at`.
    previous_secret_sha256: str | None = None
    previous_expires_at: int | None = None
