"""Access tokens: one for a custom service until it ends, whoever asks and however often."""

import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any


@dataclass(slots=True)
class Token:
    """`told`: somebody used it after its end and was answered 602; from then on it is unknown (601)."""

    text: str
    client: str
    ends_at: int  # epoch ms
    told: bool = False


class Tokens:
    def __init__(self, kept: Iterable[dict[str, Any]] = ()) -> None:
        self._tokens = {one["text"]: Token(**one) for one in kept}
        self._lock = Lock()

    def issue(self, client: str, now: int, seconds: int) -> Token:
        """The one that is alive, or a new one."""
        with self._lock:
            for token in self._tokens.values():
                if token.client == client and now < token.ends_at:
                    return token
            made = Token(f"{secrets.token_hex(16)}:sj", client, now + 1000 * seconds)
            self._tokens = {text: token for text, token in self._tokens.items() if not token.told}
            self._tokens[made.text] = made
            return made

    def client_of(self, text: str, now: int) -> str | None:
        """None for a token that nobody knows; raises `TokenExpired` the first time that one is used after its end."""
        with self._lock:
            token = self._tokens.get(text)
            if token is None or token.told:
                return None
            if now >= token.ends_at:
                token.told = True
                raise TokenExpired
            return token.client

    def end_all(self, now: int) -> None:
        """They expire at once, as they do when an administrator changes the service."""
        with self._lock:
            for token in self._tokens.values():
                token.ends_at = min(token.ends_at, now)

    def as_json(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(token) for token in self._tokens.values()]


class TokenExpired(Exception):
    """602, once."""
