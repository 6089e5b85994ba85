"""API keys of one tenant: created, listed, rotated, revoked. A secret is shown once, to the one who asked for it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from touchline.domain.api_keys import PresentedKey, fingerprint, revoked, rotated
from touchline.domain.event_times import LATEST_MS
from touchline.domain.limits import NAME_CHARS
from touchline.domain.rejection import Refused
from touchline.domain.tenancy import SCOPES, ApiKey, Scope
from touchline.domain.text import check_text
from touchline.errors import InvalidRequest, NotFound
from touchline.ports import ApiKeys


@dataclass(frozen=True, slots=True)
class IssuedKey:
    key: ApiKey
    text: str  # with the secret: tl_<key id>_<secret>


def create_key(
    keys: ApiKeys,
    tenant: str,
    *,
    name: str,
    scopes: Iterable[Scope],
    now: int,
    drawn: PresentedKey,
    expires_at: int | None = None,
) -> IssuedKey:
    """`drawn` holds a new random id and secret; times in epoch ms."""
    wanted = frozenset(scopes)
    if not wanted or not wanted <= set(SCOPES):
        raise InvalidRequest(f"scopes must be one or more of {', '.join(SCOPES)}.", field="scopes")
    if expires_at is not None and expires_at <= now:
        raise InvalidRequest("expires_at has passed already.", field="expires_at")
    if expires_at is not None and expires_at > LATEST_MS:  # in UTC; no calendar could show it again
        raise InvalidRequest("expires_at lies beyond the year 9999; leave it out.", field="expires_at")
    key = ApiKey(
        id=drawn.id,
        tenant=tenant,
        name=checked_name(name),
        scopes=wanted,
        secret_sha256=fingerprint(drawn.secret),
        created_at=now,
        expires_at=expires_at,
    )
    keys.add(key)
    return IssuedKey(key, drawn.text())


def rotate_key(keys: ApiKeys, tenant: str, key_id: str, *, secret: str, now: int, grace_ms: int) -> IssuedKey:
    """The old secret goes on working for `grace_ms`."""
    key = rotated(find_key(keys, tenant, key_id), secret, now=now, grace_ms=grace_ms)
    keys.replace(key)
    return IssuedKey(key, PresentedKey(key.id, secret).text())


def revoke_key(keys: ApiKeys, tenant: str, key_id: str, now: int) -> ApiKey:
    """Works everywhere within the 60 s that keys are remembered. Revoking twice is harmless."""
    key = revoked(find_key(keys, tenant, key_id), now)
    keys.replace(replace(key, previous_secret_sha256=None, previous_expires_at=None))
    return key


def find_key(keys: ApiKeys, tenant: str, key_id: str) -> ApiKey:
    key = keys.get(key_id)
    # Another tenant's key is not there: saying 'forbidden' would tell that it exists.
    if key is None or key.tenant != tenant:
        raise NotFound(f"There is no key with the id {key_id!r}.")
    return key


def checked_name(name: str) -> str:
    try:
        return check_text(name.strip(), "", "name", NAME_CHARS)
    except Refused as refused:
        raise InvalidRequest(refused.rejection.reason, field="name") from refused
