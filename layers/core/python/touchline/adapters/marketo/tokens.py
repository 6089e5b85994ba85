"""One access token for a connection: fetched by one caller at a time, whichever function it is in."""

from threading import Lock
from typing import Any, Final

import orjson

from touchline.adapters.marketo.access import Access
from touchline.adapters.marketo.ask import Ask
from touchline.adapters.marketo.envelope import read_whole
from touchline.adapters.marketo.trouble import NoAnswer, harmless
from touchline.adapters.marketo.wire import sent
from touchline.errors import CredentialsRefused, MarketoUnavailable, NotFound
from touchline.marketo_ports import AccessToken

MARGIN_MS: Final = 5_000  # a token that ends sooner is not used for a new call
LOOK_AGAIN_SECONDS: Final = 0.2
TOKEN_PATH: Final = "/identity/oauth/token"
SECONDS: Final = 20.0
PAUSES_SECONDS: Final = (1, 3)
MOST_BYTES: Final = 65_536
PATIENCE_MS: Final = 45_000  # longer than the lease of who died over it


class TokenSource:
    """`token` is asked for before each call; `dead`: the one that Marketo did not take any more."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._known: AccessToken | None = None
        self._lock = Lock()

    def token(self, dead: str | None = None) -> str:
        """Raises CredentialsRefused, MarketoUnavailable."""
        with self._lock:
            if not self._usable(self._known, dead):
                self._known = self._shared(dead)
            assert self._known is not None
            return self._known.text

    def fetch(self) -> AccessToken:
        """From Marketo, whatever is kept: to see whether client id and secret are good."""
        return _patiently_fetched(self._access)

    def _usable(self, token: AccessToken | None, dead: str | None) -> bool:
        return token is not None and token.text != dead and token.expires_at - self._access.clock() > MARGIN_MS

    def _shared(self, dead: str | None) -> AccessToken:
        access = self._access
        until = access.clock() + PATIENCE_MS
        while access.clock() <= until:
            kept = access.tokens.get(access.tenant, access.token_key)
            if kept is not None and self._usable(kept, dead):
                return kept
            if access.tokens.lease(access.tenant, access.token_key, access.clock()):
                return self._renewed(dead)
            access.wait_until(access.clock() + round(1000 * LOOK_AGAIN_SECONDS))
        raise MarketoUnavailable("Another function has been fetching an access token for too long.")

    def _renewed(self, dead: str | None) -> AccessToken:
        """By the holder of the lease. Whoever held it before may have fetched one since we looked."""
        access = self._access
        try:
            kept = access.tokens.get(access.tenant, access.token_key)
            if kept is not None and self._usable(kept, dead):
                return kept
            token = self._lasting(dead)
            access.tokens.put(access.tenant, access.token_key, token)
            return token
        finally:
            access.tokens.give_back(access.tenant, access.token_key)

    def _lasting(self, dead: str | None) -> AccessToken:
        """Marketo gives the old token again as long as it lives: one that is about to end is waited out."""
        access = self._access
        until = access.clock() + PATIENCE_MS
        while True:
            token = _patiently_fetched(access)
            left = token.expires_at - access.clock()
            ends_soon = left <= (PATIENCE_MS if token.text == dead else MARGIN_MS)
            if not ends_soon or max(token.expires_at, access.clock() + 1000) > until:
                return token
            access.wait_until(max(token.expires_at, access.clock()) + 1000)


def _patiently_fetched(access: Access) -> AccessToken:
    """Asking for a token is harmless, so a moment's trouble costs seconds and no execution."""
    for seconds in PAUSES_SECONDS:
        try:
            return _fetched(access)
        except MarketoUnavailable:
            until = access.clock() + 1000 * seconds
            if until > access.latest():
                raise
            access.wait_until(until)
    return _fetched(access)


def _fetched(access: Access) -> AccessToken:
    """Raises CredentialsRefused, MarketoUnavailable; neither says the secret."""
    try:
        secret = access.secrets.get(access.tenant, access.connection.id)
    except NotFound:
        raise CredentialsRefused(
            "This connection has no client secret: enter it anew.", field="client_secret"
        ) from None
    query = {
        "grant_type": "client_credentials",
        "client_id": access.connection.client_id,
        "client_secret": secret,
    }
    asked_at = access.clock()
    try:
        ask = Ask("GET", TOKEN_PATH, "", query=query, seconds=SECONDS, most_bytes=MOST_BYTES)
        with sent(access.http, ask, None) as response:
            read = _object(read_whole(response, ask).replace(secret.encode(), b"(secret)"))
            return _token(response.status_code, read, asked_at)
    except NoAnswer as trouble:
        raise MarketoUnavailable(f"No access token: {trouble.reason}") from None


def _token(status: int, read: dict[str, Any], asked_at: int) -> AccessToken:
    if 300 <= status < 400:
        raise CredentialsRefused("Marketo answered with a redirection, which is not followed: is the endpoint right?")
    if status >= 500 or status in (408, 429):
        raise MarketoUnavailable(f"No access token: Marketo answered with the status {status}.", marketo_code="502")
    text, lasts = read.get("access_token"), read.get("expires_in")
    if status == 200 and isinstance(text, str) and text.isascii() and text.isprintable() and isinstance(lasts, int):
        return AccessToken(text, asked_at + 1000 * max(0, min(lasts, 86_400)))
    if status >= 400 or "error" in read:
        told = harmless(read.get("error_description") or read.get("error") or f"HTTP {status}")
        raise CredentialsRefused(
            f"Marketo does not take client id and secret ({told}). Copy both from Admin › Integration › LaunchPoint.",
            field="client_secret",
        )
    raise MarketoUnavailable("No access token: Marketo answered in a way that nobody knows.")


def _object(body: bytes) -> dict[str, Any]:
    try:
        read = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return read if isinstance(read, dict) else {}
