"""What this machine has and lacks, each with the command that mends it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local import ports, state
from local.errors import LocalError
from local.folders import CHECKOUT, EMULATOR_ENVIRONMENT, Folders, cache_folder
from local.opensearch import container
from local.opensearch.gather import INSTALL as INSTALL_MAVEN
from local.opensearch.gather import server_home
from local.opensearch.java import find_java

GIB = 1 << 30
DISK_GIB, MEMORY_GIB = 6, 4
NODE_MAJOR = 20


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    ok: bool
    found: str
    mend: str = ""


def examine(folders: Folders) -> list[Finding]:
    checks: tuple[Callable[[], Finding], ...] = (_python, _java, _maven, _node, _openssl, _user, _disk, _memory)
    return [*(check() for check in checks), *_state(folders)]


def _python() -> Finding:
    version = sys.version.split()[0]
    return Finding("Python", sys.version_info[:2] == (3, 13), version, "./dev names the ways to install 3.13")


def _java() -> Finding:
    try:
        java = find_java()
    except LocalError as error:
        return Finding(
            "Java", os.environ.get("OPENSEARCH_URL") is not None or container.is_the_only_way(), "none", str(error)
        )
    return Finding("Java", True, f"{java.version} in {java.executable}")


def _maven() -> Finding:
    if server_home().exists():
        return Finding("OpenSearch", True, f"gathered in {server_home()}")
    if maven := shutil.which("mvn"):
        return Finding("Maven", True, maven)
    if engine := container.engine():
        return Finding("Maven", True, f"none; {engine} runs OpenSearch instead")
    given = os.environ.get("OPENSEARCH_URL")
    return Finding("Maven", given is not None, given or "none", INSTALL_MAVEN)


def _node() -> Finding:
    node = shutil.which("node")
    version = (
        subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip() if node else ""
    )
    major = int(version.removeprefix("v").split(".")[0] or 0)
    return Finding(
        "Node", major >= NODE_MAJOR, version or "none", "install Node 20 or newer:  apt-get install -y nodejs"
    )


def _openssl() -> Finding:
    path = shutil.which("openssl")
    return Finding("openssl", path is not None, path or "none", "apt-get install -y openssl")


def _user() -> Finding:
    """OpenSearch refuses root; with setpriv another user can run it, without it runs with a warning."""
    if os.geteuid():
        return Finding("user", True, "not root")
    path = shutil.which("setpriv")
    return Finding(
        "user",
        True,
        "root; OpenSearch runs as nobody where that user may enter its folders" if path else "root, without setpriv",
    )


def _disk() -> Finding:
    places = {CHECKOUT, next(path for path in (cache_folder(), *cache_folder().parents) if path.exists())}
    free = {place: shutil.disk_usage(place).free / GIB for place in places}
    found = ", ".join(f"{gib:.0f} GiB free for {place}" for place, gib in free.items())
    return Finding("disk", min(free.values()) >= DISK_GIB, found, f"make room: {DISK_GIB} GiB are needed")


def _memory() -> Finding:
    lines = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    gib = int(lines["MemAvailable"].split()[0]) / 2**20
    return Finding(
        "memory", gib >= MEMORY_GIB, f"{gib:.1f} GiB available", f"end other programs: {MEMORY_GIB} GiB are needed"
    )


def _state(folders: Folders) -> list[Finding]:
    try:
        memory = state.load(folders.state)
    except LocalError as error:
        return [Finding("state", False, "damaged", str(error))]
    findings = [
        Finding(
            "emulator", True, "environment is made" if EMULATOR_ENVIRONMENT.exists() else "made with the first ./dev up"
        )
    ]
    for name, process in memory.processes.items():
        found = f"pid {process.pid}" if process.alive() else f"pid {process.pid} has ended without ./dev down"
        findings.append(Finding(name, process.alive(), found, "./dev up  starts it again; nothing is lost"))
    for name, port in memory.ports.items():
        if name not in memory.processes and not ports.is_free(port):
            findings.append(Finding(f"port {port}", True, f"taken by another; {name} will get the next free one"))
    return findings
