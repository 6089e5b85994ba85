"""A whole local system: up, down, and what it is made of. Up is idempotent and mends what a crash has left."""

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from local import aws, deployment, search_change, state
from local.deployment import Outputs
from local.environments import emulator_python
from local.errors import LocalError
from local.folders import Folders
from local.opensearch import NodeSettings, container
from local.opensearch.gather import gather
from local.parts import Emulator, Marketo, Part, Search
from local.progress import Steps
from local.running import keep_running, reserve_port
from local.state import State
from local.synthesis import sources_fingerprint, synthesize

STAGE = "local"


@dataclass(frozen=True, slots=True)
class Running:
    """The addresses of a system that is up."""

    endpoint: str
    search_url: str
    marketo_url: str
    outputs: Outputs

    @property
    def api_url(self) -> str:
        return f"{self.endpoint}/_aws/execute-api/{self.outputs['HttpApiId']}/$default"

    def client(self, service: str) -> Any:
        return aws.client(service, self.endpoint)


@dataclass(frozen=True, slots=True)
class System:
    folders: Folders
    heap: str = "1g"
    fast: bool = False
    leads: int = 20_000  # of the Marketo to connect to

    def up(self, steps: Steps) -> Running:
        with state.alone(self.folders):
            memory = state.load(self.folders.state)
            # Both ports are chosen before anything starts: the emulator is told where search will be.
            with ThreadPoolExecutor(4) as workers:
                search_url = self._search_address(memory)
                search = workers.submit(self._start_search, memory, steps)
                emulator = workers.submit(self._start_emulator, memory, search_url, steps)
                marketo = workers.submit(self._start_marketo, memory, steps)
                assembly = workers.submit(self._synthesize, steps)
                search.result()
                marketo_url = marketo.result()
                endpoint, folder = emulator.result(), assembly.result()
            outputs = self._deploy(memory, folder, endpoint, steps)
            self._keep_search_prepared(memory, endpoint, search_url)
            return Running(endpoint, search_url, marketo_url, outputs)

    def down(self) -> list[str]:
        """Stop what runs; the names of what was stopped."""
        with state.alone(self.folders):
            memory = state.load(self.folders.state)
            stopped = []
            for part in self.parts(memory):
                process = memory.processes.pop(part.name, None)
                if process and process.alive():
                    part.stop(process)
                    stopped.append(part.name)
                memory.save()
            return stopped

    def wipe(self) -> None:
        """Stop it and remove all it had."""
        self.down()
        with state.alone(self.folders):
            for path in self.folders.base.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def running(self) -> Running:
        """The system as it is, where it is up."""
        memory = state.load(self.folders.state)
        process = memory.processes.get("emulator")
        if not (process and process.alive() and self.folders.outputs.exists()):
            raise LocalError("The local system is not up. Start it:  ./dev up")
        outputs = json.loads(self.folders.outputs.read_text())
        return Running(memory.urls["emulator"], memory.urls["search"], memory.urls["marketo"], outputs)

    def parts(self, memory: State) -> list[Part]:
        """In the order of stopping: the emulator's functions write to search."""
        address = urlsplit(memory.urls.get("search", "")).netloc
        return [Emulator(self.folders, address), self._search(), Marketo(self.folders, self.leads)]

    def _search(self) -> Search:
        return Search(NodeSettings(self.folders.search, 0, self.heap, self.fast))

    def _search_address(self, memory: State) -> str:
        given, part, process = os.environ.get("OPENSEARCH_URL"), self._search(), memory.processes.get("search")
        if given:
            memory.urls["search"] = given.rstrip("/")
        elif process and process.alive():
            memory.urls["search"] = part.url(memory.ports["search"])
        else:
            reserve_port(part, memory)
        memory.save()
        return memory.urls["search"]

    def _start_search(self, memory: State, steps: Steps) -> None:
        if os.environ.get("OPENSEARCH_URL"):
            return
        if not container.is_the_only_way():
            with steps.step("OpenSearch is gathered"):
                gather()
        with steps.step("OpenSearch answers"):
            keep_running(self._search(), memory)

    def _start_emulator(self, memory: State, search_url: str, steps: Steps) -> str:
        with steps.step("the emulator's environment is made"):
            emulator_python()
        part = Emulator(self.folders, urlsplit(search_url).netloc)
        with steps.step("the AWS emulator answers"):
            if memory.emulator_knows != part.search_address and "emulator" in memory.processes:
                part.stop(memory.processes["emulator"])
            memory.emulator_knows = part.search_address
            return keep_running(part, memory)

    def _start_marketo(self, memory: State, steps: Steps) -> str:
        with steps.step("a Marketo to connect to answers"):
            return keep_running(Marketo(self.folders, self.leads), memory)

    def _synthesize(self, steps: Steps) -> Path:
        with steps.step("the CDK app is synthesized"):
            return synthesize(STAGE)

    def _deploy(self, memory: State, assembly: Path, endpoint: str, steps: Steps) -> Outputs:
        wanted = sources_fingerprint(STAGE)
        if memory.deployed == wanted and deployment.is_deployed(assembly, endpoint):
            return dict(json.loads(self.folders.outputs.read_text()))
        with steps.step("the stacks are deployed") as step:
            outputs = deployment.deploy(assembly, endpoint, step.reach)
        state.write_whole(self.folders.outputs, json.dumps(outputs, indent=1))
        memory.deployed = wanted
        memory.save()
        return outputs

    def _keep_search_prepared(self, memory: State, endpoint: str, search_url: str) -> None:
        data = f"{search_url} {search_change.identity(search_url)}"
        if memory.prepared and memory.prepared != data:
            search_change.follow(endpoint, search_url)
            search_change.prepare(endpoint)
        memory.prepared = data
        memory.save()
