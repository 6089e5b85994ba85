"""A client of Touchline's HTTPS API as a customer would write one: gzip, a key, and patience."""

import time
import zlib
from dataclasses import dataclass
from typing import Any

import orjson
import requests

from local.errors import LocalError

GZIP = 31  # zlib's window bits for a gzip wrapper
WORTH_RETRYING = {429, 500, 502, 503, 504}
TRIES = 12


@dataclass(slots=True)
class Api:
    url: str
    key: str
    session: requests.Session

    def send_events(self, lines: list[bytes]) -> dict[str, Any]:
        """One request of events, sent again until there is an answer: the events' ids make that harmless."""
        packer = zlib.compressobj(1, zlib.DEFLATED, GZIP)
        body = packer.compress(b"\n".join(lines)) + packer.flush()
        headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
        return self._ask("POST", "/v1/events", body, headers)

    def post(self, path: str, question: Any) -> dict[str, Any]:
        return self._ask("POST", path, orjson.dumps(question), {"Content-Type": "application/json"})

    def get(self, path: str) -> dict[str, Any]:
        return self._ask("GET", path, None, {})

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> dict[str, Any]:
        said, signed = "no answer", headers | {"Authorization": f"Bearer {self.key}"}
        for attempt in range(TRIES):
            try:
                answer = self.session.request(method, self.url + path, data=body, headers=signed, timeout=120)
            except (requests.ConnectionError, requests.Timeout) as error:
                said, wait = type(error).__name__, min(0.1 * 2**attempt, 5)
            else:
                if answer.ok:
                    return dict(orjson.loads(answer.content))
                said = f"{answer.status_code} {answer.text[:1000]}"
                if answer.status_code not in WORTH_RETRYING:
                    break
                wait = float(answer.headers.get("Retry-After", min(0.1 * 2**attempt, 5)))
            time.sleep(wait)
        raise LocalError(f"{method} {path} was not answered well: {said}")


def connect(url: str, key: str) -> Api:
    session = requests.Session()
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=8))
    return Api(url, key, session)
