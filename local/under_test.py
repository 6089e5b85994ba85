"""A local system for the tests that need all of it: with parts that can be killed, and tenants of each test's own."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from rich.console import Console

from local import state
from local.demo.api import Api, connect
from local.folders import TEST
from local.processes import Process
from local.progress import steps
from local.system import Running, System
from local.tenants import create_tenant


class SystemUnderTest:
    def __init__(self, system: System) -> None:
        self._system = system
        self.running = self.mend()

    def mend(self) -> Running:
        """What `./dev up` does: starts what does not run, deploys what has changed."""
        with steps(Console(quiet=True)) as shown:
            self.running = self._system.up(shown)
        return self.running

    def kill(self, part: Literal["search", "emulator", "marketo"]) -> None:
        """As a crash does: at once, without a chance to save anything."""
        process = self.process(part)
        os.kill(process.pid, signal.SIGKILL)
        while process.alive():
            pass

    def process(self, part: Literal["search", "emulator", "marketo"]) -> Process:
        return state.load(self._system.folders.state).processes[part]

    def create_tenant(self, tenant: str, **more: Any) -> dict[str, str]:
        """Its keys by scope."""
        return create_tenant(self.running, tenant, **more)

    def api(self, key: str) -> Api:
        return connect(self.running.api_url, key)

    @property
    def api_url(self) -> str:
        return self.running.api_url

    @property
    def search_url(self) -> str:
        return self.running.search_url

    @property
    def marketo_url(self) -> str:
        return self.running.marketo_url

    @property
    def outputs(self) -> dict[str, str]:
        return self.running.outputs

    def client(self, service: str) -> Any:
        """A boto3 client of the emulator."""
        return self.running.client(service)


@contextmanager
def system_under_test() -> Iterator[SystemUnderTest]:
    """In a folder of its own, empty at the start; logs stay there after the end."""
    system = System(TEST, heap="512m", fast=True, leads=2_000)
    system.wipe()
    try:
        yield SystemUnderTest(system)
    finally:
        system.down()
