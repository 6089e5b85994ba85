"""Each test has a tenant of its own, so that tests share one system and never each other's numbers."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
import requests

from local.under_test import SystemUnderTest
from tests.books import wait_until_drained

type Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Customer:
    """A tenant and what it does through the API, with plain HTTP as a customer would."""

    system: SystemUnderTest
    tenant: str
    keys: dict[str, str]

    def ask(self, scope: str, method: str, path: str, **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.keys[scope]}"} | more.pop("headers", {})
        return requests.request(method, self.system.api_url + path, headers=headers, timeout=60, **more)

    def send(self, *events: Event, **headers: str) -> dict[str, Any]:
        body = b"\n".join(map(orjson.dumps, events))
        answer = self.ask(
            "ingest", "POST", "/v1/events", data=body, headers={"Content-Type": "application/x-ndjson"} | headers
        )
        assert answer.status_code == 202, answer.text
        return dict(answer.json())

    def wait(self) -> None:
        """Until all that was sent is indexed and can be found."""
        wait_until_drained(self.system.running)
        requests.post(f"{self.system.search_url}/_refresh", timeout=60).raise_for_status()

    def series(self, **question: Any) -> dict[str, Any]:
        today = datetime.now(UTC).date()
        span = {"from": (today - timedelta(days=40)).isoformat(), "to": (today + timedelta(days=1)).isoformat()}
        answer = self.ask("read", "POST", "/v1/queries/timeseries", json=span | {"time_zone": "UTC"} | question)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def count(self, **question: Any) -> int:
        return int(self.series(**question)["series"][0]["total"])

    def run(self, output: str, payload: Any) -> Any:
        """Invoke a function of the system by the name of its stack output, as a schedule would."""
        made = self.system.client("lambda").invoke(
            FunctionName=self.system.outputs[output], Payload=orjson.dumps(payload)
        )
        answer = orjson.loads(made["Payload"].read())
        assert "FunctionError" not in made, answer
        return answer

    def run_machine(self, output: str, payload: Any) -> Any:
        """Run a state machine to its end; its output."""
        steps = self.system.client("stepfunctions")
        started = steps.start_execution(
            stateMachineArn=self.system.outputs[output], input=orjson.dumps(payload).decode()
        )
        while (told := steps.describe_execution(executionArn=started["executionArn"]))["status"] == "RUNNING":
            pass
        assert told["status"] == "SUCCEEDED", (told.get("error"), told.get("cause"))
        return orjson.loads(told["output"])


@pytest.fixture
def customer(system: SystemUnderTest) -> Callable[..., Customer]:
    def make(**more: Any) -> Customer:
        tenant = f"t-{secrets.token_hex(6)}"
        return Customer(system, tenant, system.create_tenant(tenant, **more))

    return make


@pytest.fixture
def event() -> Callable[..., Event]:
    def make(
        id: str, *, days_ago: float = 0, action: str = "email_opened", actor: str = "contact-1", **more: Any
    ) -> Event:
        at = datetime.now(UTC) - timedelta(days=days_ago)
        return {"id": id, "timestamp": at.isoformat(), "action": action, "actor": {"id": actor}} | more

    return make
