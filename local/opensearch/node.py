"""Starts one node and waits until it answers."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from local import ports, processes
from local.errors import LocalError
from local.opensearch import container, security
from local.opensearch.command import java_command, keep_class_archive
from local.opensearch.gather import gather
from local.opensearch.java import find_java
from local.processes import Process

READY_WITHIN_SECONDS = 180
LOG_LAYOUT = """status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%-25c{1.}] %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
"""


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """One node. `fast` starts sooner and loads slower (for tests); `secure` has TLS, users and roles."""

    folder: Path
    port: int
    heap: str = "1g"
    fast: bool = False
    secure: bool = False

    @property
    def url(self) -> str:
        return f"{'https' if self.secure else 'http'}://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "node.log"


@dataclass(frozen=True, slots=True)
class Node:
    """A node that answers. `authority` and `admin` are set where it is secure."""

    url: str
    process: Process
    authority: Path | None = None
    admin: tuple[str, str] | None = None


@contextmanager
def running_node(data_dir: Path, *, heap: str = "1g", fast: bool = False, secure: bool = False) -> Iterator[Node]:
    """A node on a free port that ends with the block, and with this process if that is killed."""
    settings = NodeSettings(data_dir, ports.any_free_port(), heap, fast, secure)
    node = wait_until_ready(settings, start_node(settings, dies_with_us=True))
    try:
        yield node
    finally:
        stop_node(settings, node.process)


def start_node(settings: NodeSettings, *, dies_with_us: bool = False) -> Process:
    settings.folder.mkdir(parents=True, exist_ok=True)
    if container.is_the_only_way() and not settings.secure:
        command = container.command(settings.folder, settings.port, settings.heap)
    else:
        home, java = gather(secure=settings.secure), find_java()
        _configure(settings, home)
        command = java_command(java, home, settings.folder, heap=settings.heap, fast=settings.fast)
    # A developer's own options could change the class path that the class archive was made for.
    env = {name: value for name, value in os.environ.items() if name not in ("JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS")}
    return processes.start(command, settings.log, cwd=settings.folder, env=env, dies_with_us=dies_with_us)


def wait_until_ready(settings: NodeSettings, process: Process) -> Node:
    until = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < until:
        if not process.alive():
            raise LocalError(f"OpenSearch ended at its start:\n{tail(settings.log)}")
        if answers(settings):
            admin = security.ADMIN if settings.secure else None
            return Node(settings.url, process, security.authority(settings), admin)
        time.sleep(0.1)
    processes.stop(process)
    raise LocalError(f"OpenSearch did not answer within {READY_WITHIN_SECONDS} s:\n{tail(settings.log)}")


def answers(settings: NodeSettings) -> bool:
    try:
        answer = requests.get(
            f"{settings.url}/_cluster/health?wait_for_status=yellow&timeout=1s",
            timeout=5,
            verify=str(security.authority(settings)) if settings.secure else True,
            auth=security.ADMIN if settings.secure else None,
        )
    except requests.exceptions.SSLError:
        raise  # waiting does not mend a certificate
    except (requests.ConnectionError, requests.Timeout):
        return False
    return bool(answer.status_code == requests.codes.ok)


def stop_node(settings: NodeSettings, process: Process) -> None:
    graceful = processes.stop(process)
    container.remove(settings.folder)
    if graceful:
        keep_class_archive(settings.folder)


def tail(log: Path, characters: int = 3000) -> str:
    return log.read_text(errors="replace")[-characters:] if log.exists() else "(it wrote no log)"


def _configure(settings: NodeSettings, home: Path) -> None:
    config = settings.folder / "config"
    for folder in (config, *(settings.folder / name for name in ("data", "logs", "tmp", "snapshots"))):
        folder.mkdir(exist_ok=True)
    values = {
        "cluster.name": "touchline-local",
        "node.name": "local",
        "network.host": "127.0.0.1",
        "http.port": settings.port,
        "discovery.type": "single-node",
        "path.data": str(settings.folder / "data"),
        "path.logs": str(settings.folder / "logs"),
        "path.repo": [str(settings.folder / "snapshots")],
        # A developer's disk is often nearly full, and the node would turn its indices read-only.
        "cluster.routing.allocation.disk.threshold_enabled": False,
        "bootstrap.system_call_filter": False,
    }
    if settings.secure:
        values |= security.prepare(settings.folder, home)
    (config / "log4j2.properties").write_text(LOG_LAYOUT)
    (config / "opensearch.yml").write_text("".join(f"{name}: {json.dumps(value)}\n" for name, value in values.items()))
