"""The servers of a local system: how each is started, asked, and stopped."""

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import requests

from local import aws, processes
from local.environments import emulator_python
from local.folders import CHECKOUT, Folders
from local.opensearch import node
from local.processes import Process


class Part(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def first_port(self) -> int:
        """Where the search for a free port begins."""

    @property
    def log(self) -> Path: ...

    def url(self, port: int) -> str: ...

    def start(self, port: int) -> Process: ...

    def answers(self, port: int) -> bool: ...

    def stop(self, process: Process) -> None: ...


@dataclass(frozen=True, slots=True)
class Search:
    """The OpenSearch node."""

    settings: node.NodeSettings
    name: str = "search"
    first_port: int = 9200

    @property
    def log(self) -> Path:
        return self.settings.log

    def url(self, port: int) -> str:
        return f"http://127.0.0.1:{port}"

    def start(self, port: int) -> Process:
        return node.start_node(replace(self.settings, port=port))

    def answers(self, port: int) -> bool:
        return node.answers(replace(self.settings, port=port))

    def stop(self, process: Process) -> None:
        node.stop_node(self.settings, process)


@dataclass(frozen=True, slots=True)
class Emulator:
    """The AWS emulator. Its template functions learn where OpenSearch is from the domain's endpoint."""

    folders: Folders
    search_address: str  # host:port
    name: str = "emulator"
    first_port: int = 4600

    @property
    def log(self) -> Path:
        return self.folders.logs / "emulator.log"

    def url(self, port: int) -> str:
        return f"http://127.0.0.1:{port}"

    def start(self, port: int) -> Process:
        base = self.folders.emulator
        for folder in (base / "state", base / "s3", base / "tmp"):
            folder.mkdir(parents=True, exist_ok=True)
        environment = self._environment(port, base)
        return processes.start(
            [str(emulator_python()), "-m", "local.emulator"], self.log, cwd=CHECKOUT, env=environment
        )

    def answers(self, port: int) -> bool:
        try:
            return bool(requests.get(f"{self.url(port)}/_ministack/health", timeout=5).ok)
        except (requests.ConnectionError, requests.Timeout):
            return False

    def stop(self, process: Process) -> None:
        processes.stop(process)

    def _environment(self, port: int, base: Path) -> dict[str, str]:
        """Nothing of the developer's own AWS settings: the emulator's functions might reach a real account."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "SSL_CERT_FILE") if name in os.environ}
        return (
            kept
            | aws.CREDENTIALS
            | {
                "BIND_HOST": "127.0.0.1",
                "GATEWAY_PORT": str(port),
                "PERSIST_STATE": "1",
                "STATE_DIR": str(base / "state"),
                "S3_PERSIST": "1",
                "S3_DATA_DIR": str(base / "s3"),
                "TMPDIR": str(base / "tmp"),
                "IOT_MTLS_ENABLED": "0",
                "SFTP_ENABLED": "0",
                "MINISTACK_OPENSEARCH_ENDPOINT": self.search_address,
                "AUTH": "true",  # as on AWS: a grant that is missing shows here
                "MINISTACK_ROOT_ACCESS_KEY_ID": aws.CREDENTIALS["AWS_ACCESS_KEY_ID"],
            }
        )


@dataclass(frozen=True, slots=True)
class Marketo:
    """An instance of Marketo to connect to, as large as it was made at its first start."""

    folders: Folders
    leads: int
    name: str = "marketo"
    first_port: int = 4700

    @property
    def log(self) -> Path:
        return self.folders.logs / "marketo.log"

    def url(self, port: int) -> str:
        return f"http://127.0.0.1:{port}"

    def start(self, port: int) -> Process:
        words = [sys.executable, "-m", "local.marketo_simulator", "--state", str(self.folders.marketo)]
        words += ["--port", str(port), "--leads", str(self.leads)]
        return processes.start(words, self.log, cwd=CHECKOUT, env=os.environ)

    def answers(self, port: int) -> bool:
        try:
            return requests.get(f"{self.url(port)}/_simulator/clock", timeout=5).ok
        except (requests.ConnectionError, requests.Timeout):
            return False

    def stop(self, process: Process) -> None:
        processes.stop(process)
