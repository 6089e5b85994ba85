"""The official image, where a machine has a container engine but no Maven."""

import hashlib
import shutil
import subprocess
from functools import cache
from pathlib import Path

from local.opensearch.gather import VERSION, server_home

IMAGE = f"docker.io/opensearchproject/opensearch:{VERSION}"


@cache
def engine() -> str | None:
    """The first engine that answers; a client without its daemon is none."""
    for name in ("docker", "podman"):
        path = shutil.which(name)
        if path and subprocess.run([path, "info"], capture_output=True, check=False).returncode == 0:
            return path
    return None


def is_the_only_way() -> bool:
    return not server_home().exists() and shutil.which("mvn") is None and engine() is not None


def name_of(folder: Path) -> str:
    return f"touchline-{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]}"


def command(folder: Path, port: int, heap: str) -> list[str]:
    """In the foreground, so that it is a process like any other; data lives in a volume of the folder's own."""
    name = name_of(folder)
    remove(folder)
    (folder / "container").write_text(name)
    settings = {
        "discovery.type": "single-node",
        "DISABLE_SECURITY_PLUGIN": "true",
        "DISABLE_INSTALL_DEMO_CONFIG": "true",
        "cluster.routing.allocation.disk.threshold_enabled": "false",
        "OPENSEARCH_JAVA_OPTS": f"-Xms{heap} -Xmx{heap}",
    }
    environment = [word for key, value in settings.items() for word in ("-e", f"{key}={value}")]
    place = ["-p", f"127.0.0.1:{port}:9200", "-v", f"{name}:/usr/share/opensearch/data"]
    return [str(engine()), "run", "--rm", "--name", name, *place, *environment, IMAGE]


def remove(folder: Path) -> None:
    """A client that is killed leaves its container running; this ends it, and does nothing where there is none."""
    marker = folder / "container"
    if marker.exists() and engine():
        subprocess.run([str(engine()), "rm", "-f", name_of(folder)], capture_output=True, check=False)
        marker.unlink()
