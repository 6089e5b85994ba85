"""An instance of Marketo in this process, with a clock that stands still, and somebody who calls it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import requests

from local.marketo_simulator.clock import Clock, ClockState, timestamp
from local.marketo_simulator.instance import Instance
from local.marketo_simulator.lead_changes import add_leads
from local.marketo_simulator.server import Server

NOW = 1_795_341_600_000  # 2026-11-22T10:00:00Z


@dataclass
class SimulatedMarketo:
    instance: Instance
    endpoint: str
    http: requests.Session

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        return self.http.request(method, self.endpoint + path, timeout=30, **more)

    def result(self, method: str, path: str, **more: Any) -> list[dict[str, Any]]:
        answer = self.ask(method, path, **more).json()
        assert answer["success"], answer
        return answer["result"]

    def refusal(self, method: str, path: str, **more: Any) -> tuple[str, str]:
        """Code and message; always HTTP 200."""
        answer = self.ask(method, path, **more)
        assert answer.status_code == 200
        body = answer.json()
        assert body["success"] is False
        (error,) = body["errors"]
        return error["code"], error["message"]

    def advance(self, seconds: float) -> None:
        self.instance.clock.advance(int(seconds * 1000))

    def add_leads(self, *rows: dict[str, Any]) -> list[int]:
        return add_leads(self.instance.store, rows, self.instance.clock.now(), partition=1, source="test")

    def add_list(self, name: str, leads: Sequence[int]) -> int:
        with self.instance.store.writing() as cursor:
            number = self.instance.store.value("select nextval('asset_ids')")
            moment = timestamp(self.instance.clock.now())
            cursor.execute(
                "insert into static_lists (id, name, workspace, created_at, updated_at) values (?, ?, 'Default', ?, ?)",
                [number, name, moment, moment],
            )
            for lead in leads:
                cursor.execute("insert into static_list_members values (?, ?, ?)", [number, lead, moment])
        return int(number)

    def add_folders(self, at: int) -> None:
        """Those that come with an instance; epoch ms."""
        with self.instance.store.writing() as cursor:
            for number, name in ((1, "Lead Database"), (2, "Marketing Activities")):
                later = timestamp(at + 1000 * (number - 1))
                cursor.execute("insert into folders values (?, ?, null, ?, ?)", [number, name, f"/{name}", later])

    def add_smart_list(self, name: str, rules: str) -> int:
        with self.instance.store.writing() as cursor:
            number = self.instance.store.value("select nextval('asset_ids')")
            moment = timestamp(self.instance.clock.now())
            cursor.execute(
                "insert into smart_lists (id, name, rules, workspace, created_at, updated_at) "
                "values (?, ?, ?, 'Default', ?, ?)",
                [number, name, rules, moment, moment],
            )
        return int(number)


@contextmanager
def simulated_marketo(folder: Path) -> Iterator[SimulatedMarketo]:
    new = not (folder / "instance.json").exists()
    instance = Instance(folder)
    if new:
        instance.clock = Clock(ClockState(stopped_at=NOW))
    instance.switches.calls_in_window = 10_000
    instance.switches.token_seconds = 10**9
    server = Server(instance)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    with requests.Session() as http:
        endpoint = f"http://127.0.0.1:{server.server_port}"
        first = instance.credentials[0]
        asked = {"grant_type": "client_credentials", "client_id": first.client_id, "client_secret": first.client_secret}
        token = http.get(f"{endpoint}/identity/oauth/token", params=asked, timeout=10).json()["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        yield SimulatedMarketo(instance, endpoint, http)
    server.shutdown()
    thread.join()
    server.server_close()
    instance.close()
