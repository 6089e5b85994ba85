"""E-mail addresses of actors: recognised, brought into one form, and hashed with the tenant's own key."""

import hmac
import unicodedata

from touchline.domain.limits import EMAIL_CHARS
from touchline.domain.rejection import Refused
from touchline.domain.text import check_text

HASHED_ID = "email:"


def normalise_email(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().lower()


def is_email(normalised: str) -> bool:
    """A shape, not a proof: one local part and a domain with a dot. What it misses would be stored in the clear."""
    local, at, domain = normalised.rpartition("@")
    return bool(at and local) and "." in domain.strip(".") and not any(blank.isspace() for blank in normalised)


def hash_email(normalised: str, key: bytes) -> str:
    """HMAC-SHA256, hex. Keyed per tenant: a list of addresses cannot be tried without the key."""
    return hmac.digest(key, normalised.encode(), "sha256").hex()


def read_email(value: object, field: str) -> str:
    """Normalised."""
    if type(value) is not str:
        raise Refused("wrong_type", field, f"{field} must be text.")
    part, _, key = field.rpartition(".")
    normalised = normalise_email(value)
    check_text(normalised, part, key, EMAIL_CHARS)
    if not is_email(normalised):
        raise Refused("email_invalid", field, f"{field} is not an e-mail address, as name@example.com is.")
    return normalised
