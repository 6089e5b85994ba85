"""A Marketo that answers what a test says, and remembers what it was asked."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import httpx
from touchline.adapters.marketo.access import Access
from touchline.adapters.marketo.client import MarketoClient
from touchline.adapters.memory.client_secrets import MemoryClientSecrets
from touchline.adapters.memory.marketo_quota import MemoryAccessTokens, MemoryPace, MemoryQuotaLedger
from touchline.domain.marketo.connections import Connection

ENDPOINT = "https://123-abc-456.mktorest.com"
TOKEN = "token-of-the-test:sj"
SECRET = "secret-of-the-test"
TOKEN_ANSWER = {"access_token": TOKEN, "token_type": "bearer", "expires_in": 3600}

type Reply = httpx.Response | dict[str, Any] | Exception


@dataclass
class Canned:
    """`replies`: to what is asked after the token, in order; the last one again and again."""

    replies: list[Reply]
    identity: httpx.Response | None = None
    identities: list[httpx.Response | Exception] = field(default_factory=list)  # before it
    asked: list[httpx.Request] = field(default_factory=list)
    now: int = 1_795_341_600_000
    slept: list[float] = field(default_factory=list)
    time_left: int = 10**9  # ms

    def open(self) -> MarketoClient:
        secrets = MemoryClientSecrets()
        secrets.put("acme", "c1", SECRET)
        http = httpx.Client(base_url=ENDPOINT, transport=httpx.MockTransport(self._answer))
        connection = Connection("c1", "One", ENDPOINT, "client")
        quota = (MemoryAccessTokens(), MemoryQuotaLedger(), MemoryPace())
        return MarketoClient(
            Access("acme", connection, None, http, secrets, *quota, self._clock, self._sleep, lambda: self.time_left)
        )

    @property
    def last(self) -> httpx.Request:
        return self.asked[-1]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.asked.append(request)
        if request.url.path == "/identity/oauth/token":
            return self._told(self.identities.pop(0) if self.identities else self.identity or TOKEN_ANSWER)
        return self._told(self.replies.pop(0) if len(self.replies) > 1 else self.replies[0])

    @staticmethod
    def _told(reply: Reply) -> httpx.Response:
        if isinstance(reply, Exception):
            raise reply
        return httpx.Response(200, json=reply) if isinstance(reply, dict) else reply

    def _clock(self) -> int:
        return self.now

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += round(1000 * seconds)


def ok(*result: Any, **more: Any) -> dict[str, Any]:
    return {"requestId": "e42b#1", "success": True, "result": list(result), **more}


def refused(code: str, message: str = "no") -> dict[str, Any]:
    return {"requestId": "e42b#1", "success": False, "errors": [{"code": code, "message": message}]}


def form(request: httpx.Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.content.decode(), keep_blank_values=True).items()}


class Stream(httpx.SyncByteStream):
    def __init__(self, pieces: Iterable[bytes], after: Callable[[], None] = lambda: None) -> None:
        self._pieces = pieces
        self._after = after

    def __iter__(self) -> Any:
        for piece in self._pieces:
            yield piece
            self._after()
