"""The management of Marketo services over requests, with everything behind it in memory."""

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from manage_marketo import handler, parts
from touchline.adapters.memory.client_secrets import MemoryClientSecrets
from touchline.adapters.memory.execution_files import MemoryExecutionFiles
from touchline.adapters.memory.marketo import MemoryMarketo
from touchline.adapters.memory.marketo_quota import MemoryQuotaLedger
from touchline.adapters.memory.marketo_stores import (
    MemoryConnections,
    MemoryExecutionLog,
    MemoryExecutions,
    MemoryGroups,
    MemorySchedules,
    MemoryServices,
)
from touchline.adapters.memory.tenants import MemoryApiKeys, MemoryTenants
from touchline.adapters.memory.workflows import MemoryWorkflows
from touchline.domain.api_keys import PresentedKey
from touchline.domain.marketo.connections import Connection
from touchline.domain.tenancy import Tenant
from touchline.errors import CredentialsRefused
from touchline.marketo_ports import Marketo
from touchline.services.authenticate import KeyRing
from touchline.services.manage_tenants import create_tenant
from touchline.services.marketo.managing import Managing

type Call = Callable[..., dict[str, Any]]

NOW = 1_795_348_800_000  # 2026-11-22T12:00Z
ENDPOINT = "https://123-abc-456.mktorest.com"


@dataclass
class World:
    """One instance of Marketo for all connections, whose only secret is `secret`."""

    marketo: MemoryMarketo = field(default_factory=MemoryMarketo)
    secret: str = "s3cret"
    now: int = NOW
    tried: list[tuple[Connection, str]] = field(default_factory=list)
    connections: MemoryConnections = field(default_factory=MemoryConnections)
    groups: MemoryGroups = field(default_factory=MemoryGroups)
    services: MemoryServices = field(default_factory=MemoryServices)
    executions: MemoryExecutions = field(default_factory=MemoryExecutions)
    log: MemoryExecutionLog = field(default_factory=MemoryExecutionLog)
    schedules: MemorySchedules = field(default_factory=MemorySchedules)
    secrets: MemoryClientSecrets = field(default_factory=MemoryClientSecrets)
    ledger: MemoryQuotaLedger = field(default_factory=MemoryQuotaLedger)
    workflows: MemoryWorkflows = field(default_factory=MemoryWorkflows)
    files: MemoryExecutionFiles = field(default_factory=MemoryExecutionFiles)

    def managing(self, tenant: str) -> Managing:
        return Managing(
            tenant=tenant,
            now=self.now,
            connections=self.connections,
            groups=self.groups,
            services=self.services,
            executions=self.executions,
            log=self.log,
            schedules=self.schedules,
            secrets=self.secrets,
            ledger=self.ledger,
            workflows=self.workflows,
            open_marketo=self.open_marketo,
            try_marketo=self.try_marketo,
            endpoints=("https://*.mktorest.com",),
            least_minutes=15,
        )

    def open_marketo(self, tenant: str, connection: Connection, execution: str | None) -> Marketo:
        return self.try_marketo(tenant, connection, self.secrets.get(tenant, connection.id))

    def try_marketo(self, tenant: str, connection: Connection, secret: str) -> Marketo:
        self.tried.append((connection, secret))
        if secret != self.secret:
            self.marketo.faults["check"] = [CredentialsRefused("Marketo does not take this client id and secret.")]
        return self.marketo


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    made.marketo.add_list("static", 7, "Webinar", [])
    made.marketo.add_list("smart", 8, "Possible duplicates of ours", [])
    numbers = itertools.count(1)
    monkeypatch.setattr(parts, "managing", made.managing)
    monkeypatch.setattr(parts, "files", lambda: made.files)
    monkeypatch.setattr(parts, "now", lambda: made.now)
    monkeypatch.setattr(parts, "draw_id", lambda: f"{next(numbers):08x}00000000")
    return made


@pytest.fixture
def keys(world: World, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    tenants, api_keys = MemoryTenants(), MemoryApiKeys()
    numbers = itertools.count(1)
    made = {}
    for name in ("acme", "other"):
        tenant = Tenant(name, name, "hash", b"k" * 32, 1_000, "UTC", "monday", NOW)
        for issued in create_tenant(tenants, api_keys, tenant, lambda: PresentedKey(f"k{next(numbers)}", "secret")):
            (scope,) = issued.key.scopes
            made[scope if name == "acme" else f"other-{scope}"] = issued.text
    ring = KeyRing(api_keys, tenants)
    monkeypatch.setattr(handler, "key_ring", lambda: ring)
    monkeypatch.setattr(handler, "now", lambda: world.now)
    return made


@pytest.fixture
def call(keys: dict[str, str], request_of: Call, context: Any) -> Call:
    def ask(method: str, path: str, body: Any = None, *, by: str = "admin", **query: str) -> dict[str, Any]:
        request = request_of(method, f"/v1/marketo{path}", body, key=keys.get(by), query=query)
        answer = handler.lambda_handler(request, context)
        shown = json.loads(answer["body"]) if answer.get("body") else {}
        return {"status": answer["statusCode"], **shown}

    return ask


@pytest.fixture
def connection(call: Call) -> str:
    made = call("POST", "/connections", new_connection())
    assert made["status"] == 201, made
    return str(made["id"])


@pytest.fixture
def group(call: Call) -> str:
    return str(call("POST", "/groups", {"name": "EMEA"})["id"])


@pytest.fixture
def service(call: Call, connection: str, group: str) -> dict[str, Any]:
    made = call("POST", "/services", new_service(connection, group))
    assert made["status"] == 201, made
    return made


def new_connection(**more: Any) -> dict[str, Any]:
    return {"name": "Main", "endpoint": ENDPOINT, "client_id": "client", "client_secret": "s3cret"} | more


def new_service(connection: str, group: str, /, **more: Any) -> dict[str, Any]:
    return {
        "name": "Nightly",
        "group": group,
        "connection": connection,
        "kind": "dedupe",
        "list": {"kind": "static", "id": 7},
        "rules": {"outcome": {"kind": "preview"}},
    } | more
