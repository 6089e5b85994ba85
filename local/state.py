"""What a local system must remember between two commands: ports, processes, and what was deployed."""

import fcntl
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from local.errors import LocalError
from local.folders import Folders
from local.processes import Process


@dataclass(slots=True)
class State:
    path: Path
    ports: dict[str, int] = field(default_factory=dict)
    processes: dict[str, Process] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    deployed: str = ""  # fingerprint of what the stacks were last made from
    prepared: str = ""  # the search data that index templates were put into
    emulator_knows: str = ""  # the address of search that the running emulator was started with
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def save(self) -> None:
        """Whole or not at all, and at once: a process that is not remembered can never be stopped."""
        with self.lock:  # the parts start at the same time
            self.path.parent.mkdir(parents=True, exist_ok=True)
            content = {
                "ports": dict(self.ports),
                "processes": {name: asdict(process) for name, process in self.processes.copy().items()},
                "urls": dict(self.urls),
                "deployed": self.deployed,
                "prepared": self.prepared,
                "emulator_knows": self.emulator_knows,
            }
            write_whole(self.path, json.dumps(content, indent=1))


def load(path: Path) -> State:
    if not path.exists():
        return State(path)
    try:
        content = json.loads(path.read_text())
        processes = {name: Process(**process) for name, process in content.pop("processes").items()}
        return State(path, processes=processes, **content)
    except (ValueError, KeyError, TypeError) as error:
        raise LocalError(
            f"{path} cannot be read ({error}). Stop what runs, remove the file, and start again."
        ) from error


def write_whole(path: Path, text: str, mode: int = 0o644) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.touch(mode)
    partial.write_text(text)
    partial.replace(path)


@contextmanager
def alone(folders: Folders) -> Iterator[None]:
    """One command at a time changes a system; the lock ends with its process, however that ends."""
    folders.base.mkdir(parents=True, exist_ok=True)
    with folders.lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
