"""HTTP to one instance: connections that are kept, time-outs, and nothing followed that was not asked for."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

import httpx

from touchline.adapters.marketo.ask import Ask
from touchline.adapters.marketo.trouble import NoAnswer

CONNECT_SECONDS: Final = 10.0
CONNECTIONS: Final = 10
KEPT_ALIVE_SECONDS: Final = 30
MOST_CLIENTS: Final = 64
NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

_clients: dict[str, httpx.Client] = {}
_lock = Lock()

# They would log each address with its query, which holds the client secret once an hour, and headers with the token.
for chatty in ("httpx", "httpcore"):
    logging.getLogger(chatty).setLevel(logging.WARNING)


def http_client(endpoint: str) -> httpx.Client:
    """One for an instance and process: connections are kept, whoever asks. The environment has no say in it."""
    with _lock:
        kept = _clients.pop(endpoint, None) or httpx.Client(
            base_url=endpoint,
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_connections=CONNECTIONS, keepalive_expiry=KEPT_ALIVE_SECONDS),
            headers={"User-Agent": "Touchline", "Accept-Encoding": "gzip"},
        )
        _clients[endpoint] = kept
        if len(_clients) > MOST_CLIENTS:
            _clients.pop(next(iter(_clients))).close()  # the one that nobody has asked for in the longest time
        return kept


def close_clients() -> None:
    """Of this process; who asks for one afterwards has a new one."""
    with _lock:
        while _clients:
            _clients.popitem()[1].close()


@contextmanager
def sent(http: httpx.Client, ask: Ask, token: str | None) -> Iterator[httpx.Response]:
    """The answer's head; its body is read by whoever asked, as far as it is wanted."""
    headers = dict(ask.headers) | ({"Authorization": f"Bearer {token}"} if token else {})
    request = http.build_request(
        ask.method,
        ask.path,
        params=dict(ask.query) or None,
        data=None if ask.form is None else dict(ask.form),
        json=ask.body,
        files=None if ask.file is None else {"file": ("leads.csv", ask.file, "text/csv")},
        headers=headers,
        timeout=httpx.Timeout(ask.seconds, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
    )
    with as_no_answer():
        response = http.send(request, stream=True)
    try:
        yield response
    finally:
        response.close()


@contextmanager
def as_no_answer() -> Iterator[None]:
    """`from None`: the errors of HTTP hold the request, hence the token."""
    try:
        yield
    except NOT_SENT as error:
        raise NoAnswer(f"Marketo cannot be reached ({type(error).__name__}).", sent=False) from None
    except httpx.TimeoutException:
        raise NoAnswer("Marketo did not answer in time.", sent=True) from None
    except (httpx.TransportError, httpx.DecodingError) as error:
        raise NoAnswer(f"Marketo's answer broke off ({type(error).__name__}).", sent=True) from None


def pieces(response: httpx.Response, longest_seconds: float) -> Iterator[bytes]:
    """Of the body, unpacked. A server that sends a byte a minute is not listened to for ever."""
    until = time.monotonic() + longest_seconds
    with as_no_answer():
        for piece in response.iter_bytes():
            yield piece
            if time.monotonic() > until:
                raise NoAnswer(f"Marketo's answer did not end within {longest_seconds:.0f} s.", sent=True)
