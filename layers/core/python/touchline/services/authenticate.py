"""From a request's headers to its tenant: the API key decides, nothing else in the request does."""

from collections.abc import Mapping
from dataclasses import dataclass

from touchline.domain.api_keys import PresentedKey, check_key, parse_key
from touchline.domain.tenancy import ApiKey, Scope, Tenant
from touchline.errors import NotAllowed, NotAuthenticated
from touchline.ports import ApiKeys, Tenants

# A revoked or rotated key, and a changed tenant, take effect everywhere within this time.
REMEMBERED_MS = 60_000
# A client that goes on with a wrong key costs a read of the table in so long; a new key works everywhere within it.
UNKNOWN_MS = 10_000
# Known and unknown keys each; this bounds the memory of a container that serves many tenants.
MOST_REMEMBERED = 2_000


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: proven by the key."""

    tenant: Tenant
    key: ApiKey


class KeyRing:
    """Keys and their tenants, read from the stores at most once in 60 s per container; unknown ones in 10 s."""

    def __init__(self, keys: ApiKeys, tenants: Tenants) -> None:
        self._keys = keys
        self._tenants = tenants
        self._remembered: dict[str, tuple[int, Caller]] = {}
        self._unknown: dict[str, int] = {}

    def find(self, key_id: str, now: int) -> Caller | None:
        remembered = self._remembered.get(key_id)
        if remembered is not None and 0 <= now - remembered[0] < REMEMBERED_MS:
            return remembered[1]
        if 0 <= now - self._unknown.get(key_id, now + 1) < UNKNOWN_MS:
            return None
        caller = self._look_up(key_id)
        if caller is None:
            _remember(self._unknown, key_id, now)
        else:
            _remember(self._remembered, key_id, (now, caller))
        return caller

    def _look_up(self, key_id: str) -> Caller | None:
        key = self._keys.get(key_id)
        tenant = self._tenants.get(key.tenant) if key is not None else None
        return None if key is None or tenant is None else Caller(tenant, key)


def _remember[Fact](known: dict[str, Fact], key_id: str, fact: Fact) -> None:
    if len(known) >= MOST_REMEMBERED:
        known.clear()
    known[key_id] = fact


def authenticate(headers: Mapping[str, str], scope: Scope, *, ring: KeyRing, now: int) -> Caller:
    """The names of `headers` in any case; `now` in epoch ms.

    Raises NotAuthenticated (unknown, expired or revoked key) or NotAllowed (the scope is missing).
    """
    presented = _presented(headers)
    caller = ring.find(presented.id, now)
    check_key(caller.key if caller else None, presented, scope, now)
    if caller is None:  # check_key has raised already
        raise NotAuthenticated("The API key is not known.")
    return caller


def authenticate_reader(headers: Mapping[str, str], *, ring: KeyRing, now: int) -> Caller:
    """Who may read, or administers what is read. Raises as `authenticate` does."""
    try:
        return authenticate(headers, "read", ring=ring, now=now)
    except NotAllowed:
        return authenticate(headers, "admin", ring=ring, now=now)


def _presented(headers: Mapping[str, str]) -> PresentedKey:
    headers = {name.lower(): value for name, value in headers.items()}
    authorization = headers.get("authorization", "")
    kind, _, text = authorization.partition(" ")
    if kind.lower() == "bearer" and text:
        return parse_key(text)
    key = headers.get("x-api-key")
    if key:
        return parse_key(key)
    raise NotAuthenticated("Send an API key as 'Authorization: Bearer <key>' or 'X-Api-Key: <key>'.")
