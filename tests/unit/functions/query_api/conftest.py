"""The query function on memory twins: two tenants with the same event ids, at a known moment."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from query_api import events, handler, parts, queries, schema, status
from touchline.adapters.memory.event_columns import MemoryEventColumns
from touchline.adapters.memory.event_reports import MemoryEventReports
from touchline.adapters.memory.goals import MemoryGoals
from touchline.adapters.memory.progress import MemoryProgress
from touchline.adapters.memory.queue import MemoryEventQueue
from touchline.adapters.memory.spend_sheets import MemorySpendSheets
from touchline.adapters.memory.tenants import MemoryApiKeys, MemoryTenants
from touchline.domain.api_keys import PresentedKey, fingerprint
from touchline.domain.queries.clock import DAY
from touchline.domain.tenancy import ApiKey, Tenant
from touchline.services.authenticate import KeyRing
from touchline.services.freshness import Freshness
from touchline.services.sources import Sources

from tests.contract.reported_events import START, TENANTS, make_events

NOW = START + 2 * DAY + DAY // 2  # in the middle of the third day of events


@dataclass
class Context:
    function_name: str = "query"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:query"
    aws_request_id: str = "request-1"


@dataclass
class Api:
    """Asks as a tenant does."""

    events: list[dict[str, Any]]
    reports: MemoryEventReports
    progress: MemoryProgress
    queue: MemoryEventQueue
    columns: MemoryEventColumns
    goals: MemoryGoals = field(default_factory=MemoryGoals)
    spend: MemorySpendSheets = field(default_factory=MemorySpendSheets)
    keys: dict[str, str] = field(default_factory=dict)

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: str = "",
        tenant: str = "acme",
        key: str | None = None,
    ) -> tuple[int, dict[str, Any]]:
        answer = self.raw(method, path, body, query=query, headers=self._headers(tenant, key))
        return answer["statusCode"], json.loads(answer["body"])

    def raw(
        self, method: str, path: str, body: object = None, *, query: str = "", headers: dict[str, str]
    ) -> dict[str, Any]:
        request = http_request(method, path, body, query, headers)
        return handler.lambda_handler(request, Context())

    def _headers(self, tenant: str, key: str | None) -> dict[str, str]:
        return {"authorization": f"Bearer {self.keys[tenant] if key is None else key}"}


def http_request(method: str, path: str, body: object, query: str, headers: dict[str, str]) -> dict[str, Any]:
    """As an HTTP API hands it over: values of a parameter that is repeated are joined with commas."""
    parameters: dict[str, str] = {}
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"content-type": "application/json", **headers},
        **({"queryStringParameters": parameters} if parameters else {}),
        "requestContext": {
            "http": {"method": method, "path": path, "sourceIp": "127.0.0.1", "userAgent": "test"},
            "stage": "$default",
            "requestId": "1",
        },
        "body": body if isinstance(body, str) or body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    tenants, keys = MemoryTenants(), MemoryApiKeys()
    made = Api([], MemoryEventReports(), MemoryProgress(), MemoryEventQueue(), MemoryEventColumns())
    made.events = make_events(300)
    made.reports.documents = made.columns.documents = made.events
    for name in TENANTS:
        tenants.add(Tenant(name, name, "hash", name.encode() * 8, 100, "Europe/Berlin", "monday", 0))
        for scope in ("read", "ingest"):
            presented = PresentedKey(f"{name}{scope}", "secret")
            keys.add(ApiKey(presented.id, name, scope, frozenset({scope}), fingerprint(presented.secret), 0))  # type: ignore[arg-type]
            made.keys[name if scope == "read" else f"{name}-{scope}"] = presented.text()
    ring, sources = (
        KeyRing(keys, tenants),
        Sources(made.reports, Freshness(made.progress), made.columns, made.goals, made.spend),
    )
    replace: Callable[..., None] = monkeypatch.setattr
    replace(handler, "key_ring", lambda: ring)
    replace(queries, "sources", lambda: sources)
    replace(status, "progress", lambda: made.progress)
    replace(status, "queue", lambda: made.queue)
    for module in (events, schema, status):
        replace(module, "reports", lambda: made.reports)
    for module in (handler, events, schema, status, queries):
        replace(module, "now", lambda: NOW)
    assert parts.now() > 0
    return made
