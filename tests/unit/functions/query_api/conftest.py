"""The query function on memory twins: two tenants with the same event ids, at a known moment."""

import json
import sys
from dataclasses import dataclass, field
from typing import Any

import pytest
from query_api import handler, parts, worker
from touchline.adapters.memory.conversion_reports import MemoryConversionReports
from touchline.adapters.memory.event_columns import MemoryEventColumns
from touchline.adapters.memory.event_reports import MemoryEventReports
from touchline.adapters.memory.goals import MemoryGoals
from touchline.adapters.memory.progress import MemoryProgress
from touchline.adapters.memory.queue import MemoryEventQueue
from touchline.adapters.memory.results import MemoryJobs, MemoryResults
from touchline.adapters.memory.revised_items import MemoryAnswers, MemoryReports
from touchline.adapters.memory.spend_sheets import MemorySpendSheets
from touchline.adapters.memory.tenants import MemoryApiKeys, MemoryTenants
from touchline.domain.api_keys import PresentedKey, fingerprint
from touchline.domain.queries.clock import DAY
from touchline.domain.tenancy import ApiKey, Tenant
from touchline.services.answer_later import Desk
from touchline.services.attributed_head import Backfills
from touchline.services.authenticate import KeyRing
from touchline.services.freshness import Freshness
from touchline.services.sources import Sources

from tests.contract.reported_events import START, TENANTS, make_events

NOW = START + 2 * DAY + DAY // 2  # in the middle of the third day of events


assert worker  # loaded before its parts are put in place


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
    conversions: MemoryConversionReports = field(default_factory=MemoryConversionReports)
    keys: dict[str, str] = field(default_factory=dict)
    answers: MemoryAnswers = field(default_factory=MemoryAnswers)
    jobs: MemoryJobs = field(default_factory=MemoryJobs)
    results: MemoryResults = field(default_factory=MemoryResults)
    saved: MemoryReports = field(default_factory=MemoryReports)

    @property
    def desk(self) -> Desk:
        return Desk(self.answers, self.jobs, self.results)

    def tenant(self, name: str) -> Tenant:
        return Tenant(name, name, "hash", name.encode() * 8, 100, "Europe/Berlin", "monday", 0)

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
    made.columns.as_of = NOW
    for name in TENANTS:
        tenants.add(made.tenant(name))
        for scope in ("read", "ingest", "analyst"):
            presented = PresentedKey(f"{name}{scope}", "secret")
            keys.add(ApiKey(presented.id, name, scope, frozenset({scope}), fingerprint(presented.secret), 0))  # type: ignore[arg-type]
            made.keys[name if scope == "read" else f"{name}-{scope}"] = presented.text()
    ring, sources = (
        KeyRing(keys, tenants),
        Sources(
            made.reports,
            Freshness(made.progress),
            made.columns,
            made.goals,
            made.spend,
            made.conversions,
            Backfills(made.progress),
        ),
    )
    parts_made: dict[str, Any] = {
        "key_ring": ring,
        "sources": sources,
        "progress": made.progress,
        "queue": made.queue,
        "reports": made.reports,
        "tenants": tenants,
        "desk": made.desk,
        "jobs": made.jobs,
        "results": made.results,
        "saved_reports": made.saved,
        "now": NOW,
    }
    assert parts.now() > 0
    put_in_place(monkeypatch, parts_made)
    return made


def put_in_place(monkeypatch: pytest.MonkeyPatch, made: dict[str, Any]) -> None:
    """In every module of the function that took one of its parts by name, and in the one that makes them."""
    modules = [module for name, module in sys.modules.items() if name.startswith("query_api.")]
    for module in modules:
        for name, part in made.items():
            if hasattr(module, name) and callable(getattr(module, name)):
                monkeypatch.setattr(module, name, lambda part=part: part)
