"""Somebody who sets up Marketo services through the API, against a Marketo of the test's own."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from local.marketo_simulator.simulator import Simulator
from tests.e2e.conftest import Customer

PATIENCE_SECONDS = 240
ENDED = {"completed", "failed", "stopped"}

type Shown = dict[str, Any]


@dataclass
class Operator:
    customer: Customer
    marketo: Simulator
    connection: str = ""
    group: str = ""

    def __post_init__(self) -> None:
        client_id, client_secret = self.marketo.credentials
        self.connection = self.post(
            "connections",
            name="An instance",
            endpoint=self.marketo.endpoint,
            client_id=client_id,
            client_secret=client_secret,
        )["id"]
        self.group = self.post("groups", name="Tests")["id"]

    def ask(self, method: str, path: str, **more: Any) -> Shown:
        answer = self.customer.ask("admin", method, f"/v1/marketo/{path}", **more)
        assert answer.status_code < 300, answer.text
        return dict(answer.json())

    def post(self, path: str, **body: Any) -> Shown:
        return self.ask("POST", path, json=body)

    def list_named(self, name: str, kind: str = "static") -> Shown:
        found = self.ask("GET", f"connections/{self.connection}/lists", params={"kind": kind, "name": name})["lists"]
        return {"kind": found[0]["kind"], "id": found[0]["id"]}

    def service(self, kind: str, list_name: str = "All leads", chosen: Shown | None = None, **more: Any) -> str:
        return str(
            self.post(
                "services",
                name=f"{kind} {time.time_ns()}",
                group=self.group,
                connection=self.connection,
                kind=kind,
                list=chosen or self.list_named(list_name),
                create_missing_fields=True,
                **more,
            )["id"]
        )

    def start(self, service: str) -> str:
        return str(self.ask("POST", f"services/{service}/executions")["id"])

    def execution(self, execution: str) -> Shown:
        return self.ask("GET", f"executions/{execution}")

    def wait(self, execution: str, until: Callable[[Shown], bool]) -> Shown:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            shown = self.execution(execution)
            if until(shown) or shown["state"] in ENDED:
                return shown
            time.sleep(0.2)
        raise AssertionError(f"after {PATIENCE_SECONDS} s: {shown}, {self.lines(execution)}")

    def end(self, execution: str) -> Shown:
        return self.wait(execution, lambda shown: False)

    def run(self, service: str) -> Shown:
        shown = self.end(self.start(service))
        assert shown["state"] == "completed", (shown["problems"], self.lines(shown["id"]))
        return shown

    def lines(self, execution: str) -> list[str]:
        return [
            f"{line['stage']} {line['message']} {line['facts']}"
            for line in self.ask("GET", f"executions/{execution}/log")["lines"]
        ]

    def file(self, execution: str, name: str) -> bytes:
        files = self.ask("GET", f"executions/{execution}/files")["files"]
        link = next(file["link"] for file in files if file["name"] == name)
        return requests.get(link, timeout=60).content


@contextmanager
def marketo_with(folder: Path, leads: int, **more: Any) -> Iterator[Simulator]:
    with Simulator(folder, leads=leads, **more) as simulator:
        yield simulator
