"""The simulator in a process of its own, for tests and the local system."""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from local import processes
from local.errors import LocalError
from local.folders import CHECKOUT
from local.ports import any_free_port

PATIENCE_SECONDS = 120
LEADS_IN_A_SECOND = 2_000  # of patience: on a machine of its own, a hundred thousand are made in a second


@dataclass(slots=True)
class Simulator:
    """`folder` keeps its state: stopped or killed, and started again, it is the same instance at the same port.

    with Simulator(tmp_path, leads=1000) as marketo:
        requests.get(f"{marketo.endpoint}/identity/oauth/token", params=…)
        marketo.fault(path="/rest/v1/leads/*/merge.json", code="604", after=True)
    """

    folder: Path
    leads: int = 1000
    seed: int = 1
    activities_per_lead: float = 5.0
    port: int = field(default_factory=any_free_port)
    now: int | None = None  # epoch ms at which the seeded past ends; none: the moment of the first start
    _process: processes.Process | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "simulator.log"

    def running(self) -> bool:
        return self._process is not None and self._process.alive()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Returns when it answers."""
        words = [sys.executable, "-m", "local.marketo_simulator", "--state", str(self.folder), "--port", str(self.port)]
        words += ["--leads", str(self.leads), "--seed", str(self.seed)]
        words += ["--activities-per-lead", str(self.activities_per_lead)]
        words += ["--now", str(self.now)] if self.now is not None else []
        self._process = processes.start(words, self.log, cwd=CHECKOUT, env=os.environ, dies_with_us=True)
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def _wait(self) -> None:
        until = time.monotonic() + PATIENCE_SECONDS + self.leads / LEADS_IN_A_SECOND
        while time.monotonic() < until and self.running():
            try:
                requests.get(f"{self.endpoint}/_simulator/clock", timeout=5).raise_for_status()
            except requests.ConnectionError:
                time.sleep(0.05)
            else:
                return
        raise LocalError(f"The Marketo simulator did not start:\n{self.log.read_text()[-2000:]}")

    def stop(self) -> None:
        if self._process is not None:
            processes.stop(self._process)
        self._process = None

    def kill(self) -> None:
        """As a power cut would end it."""
        if self._process is not None:
            processes.stop(self._process, patience_seconds=0)
        self._process = None

    def ask(self, path: str = "") -> dict[str, Any]:
        return self._read(requests.get(f"{self.endpoint}/_simulator/{path}", timeout=60))

    def tell(self, path: str, /, **body: Any) -> dict[str, Any]:
        return self._read(requests.post(f"{self.endpoint}/_simulator/{path}", json=body, timeout=60))

    def forget(self, path: str) -> dict[str, Any]:
        return self._read(requests.delete(f"{self.endpoint}/_simulator/{path}", timeout=60))

    def fault(self, **wanted: Any) -> int:
        """See `Fault` for what can be said."""
        return int(self.tell("faults", **wanted)["id"])

    def switch(self, **wanted: Any) -> None:
        self.tell("switches", **wanted)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """What the instance's tables hold; no call, and nothing can be changed."""
        return list(self.tell("rows", sql=sql)["rows"])

    def change_leads(self, changes: Mapping[int, Mapping[str, Any]]) -> None:
        """As if somebody else had changed them in Marketo itself."""
        self.tell("leads", leads={str(lead): dict(values) for lead, values in changes.items()})

    def merge_leads(self, winner: int, losers: Sequence[int]) -> None:
        """As if somebody else had merged them."""
        self.tell("merges", winner=winner, losers=list(losers))

    def advance(self, seconds: float) -> None:
        self.tell("clock", advance_ms=int(seconds * 1000))

    @property
    def counters(self) -> dict[str, Any]:
        return self.ask("counters")

    @property
    def credentials(self) -> tuple[str, str]:
        """Client id and client secret."""
        overview = self.ask()
        return overview["client_id"], overview["client_secret"]

    @staticmethod
    def _read(answer: requests.Response) -> dict[str, Any]:
        if answer.status_code != 200:
            raise LocalError(f"The Marketo simulator refused: {answer.text}")
        return dict(answer.json())
