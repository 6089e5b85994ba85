"""Keeps a part running: starts it, or mends what a crash has left behind."""

import time

from local import ports
from local.errors import LocalError
from local.opensearch.node import tail
from local.parts import Part
from local.processes import Process
from local.state import State

READY_WITHIN_SECONDS = 180
PATIENCE_WITH_A_SILENT_ONE_SECONDS = 15


def keep_running(part: Part, state: State) -> str:
    """The part's address, once it answers."""
    process = state.processes.get(part.name)
    if process:
        if _wait(part, state.ports[part.name], process, PATIENCE_WITH_A_SILENT_ONE_SECONDS):
            return part.url(state.ports[part.name])
        part.stop(process)  # silent, or what a crash has left of it
    port = reserve_port(part, state)
    process = part.start(port)
    state.processes[part.name] = process
    state.save()
    if not _wait(part, port, process, READY_WITHIN_SECONDS):
        raise LocalError(f"{part.name} did not start:\n{tail(part.log)}")
    return part.url(port)


def reserve_port(part: Part, state: State) -> int:
    """The one it had, unless somebody took it while it was away."""
    port = state.ports.get(part.name)
    if port is None or not ports.is_free(port):
        port = ports.choose_port(part.first_port, state.path)
    state.ports[part.name] = port
    state.urls[part.name] = part.url(port)
    state.save()
    return port


def _wait(part: Part, port: int, process: Process, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while process.alive() and time.monotonic() < until:
        if part.answers(port):
            return True
        time.sleep(0.05)
    return False
