"""What an API key looks like, and when it opens the door. Of the secret only its SHA-256 is ever kept."""

import hashlib
import hmac
from dataclasses import replace
from typing import NamedTuple

from touchline.domain.tenancy import ApiKey, Scope
from touchline.errors import Conflict, KeyExpired, KeyRevoked, NotAllowed, NotAuthenticated

PREFIX = "tl"
SECRET_BYTES = 32
ID_BYTES = 8
# Longer than any key of ours; without it a header of 8 KB would be hashed on each request.
LONGEST_KEY = 200


class PresentedKey(NamedTuple):
    id: str
    secret: str

    def text(self) -> str:
        """As it is shown, once, to the person who made it."""
        return f"{PREFIX}_{self.id}_{self.secret}"


def parse_key(text: str) -> PresentedKey:
    """`tl_<key id>_<secret>`; the secret is base64url and may hold `_` itself."""
    parts = text.strip().split("_", 2) if len(text) <= LONGEST_KEY and text.isascii() else []
    if len(parts) != 3 or parts[0] != PREFIX or not parts[1] or not parts[2]:
        raise NotAuthenticated("The API key is not of the form tl_<key id>_<secret>.")
    return PresentedKey(parts[1], parts[2])


def fingerprint(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def check_key(key: ApiKey | None, presented: PresentedKey, scope: Scope, now: int) -> ApiKey:
    """The key, if the secret is right, it is in force at `now` (epoch ms) and has the scope."""
    if key is None or not _secret_fits(key, fingerprint(presented.secret), now):
        raise NotAuthenticated("The API key is not known.")
    if key.revoked_at is not None and key.revoked_at <= now:
        raise KeyRevoked("The API key was revoked.")
    if key.expires_at is not None and key.expires_at <= now:
        raise KeyExpired("The API key has expired.")
    if scope not in key.scopes:
        has = ", ".join(sorted(key.scopes))
        raise NotAllowed(f"This needs a key with the scope {scope}; the key has: {has}.")
    return key


def _secret_fits(key: ApiKey, sha256: str, now: int) -> bool:
    fits = hmac.compare_digest(key.secret_sha256, sha256)
    if key.previous_secret_sha256 is None or key.previous_expires_at is None or key.previous_expires_at <= now:
        return fits
    return fits | hmac.compare_digest(key.previous_secret_sha256, sha256)


def rotated(key: ApiKey, secret: str, *, now: int, grace_ms: int) -> ApiKey:
    """The key with a new secret; the one before goes on working for `grace_ms`, an older one not."""
    if key.revoked_at is not None:
        raise Conflict("A revoked key cannot be rotated; create a new one.")
    return replace(
        key,
        secret_sha256=fingerprint(secret),
        previous_secret_sha256=key.secret_sha256 if grace_ms else None,
        previous_expires_at=now + grace_ms if grace_ms else None,
    )


def revoked(key: ApiKey, now: int) -> ApiKey:
    """Revoking twice keeps the first time."""
    return key if key.revoked_at is not None else replace(key, revoked_at=now)
