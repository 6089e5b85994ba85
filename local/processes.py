"""Starts and stops processes, and never mistakes another process for one of ours."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Process:
    """A pid alone may be given to another process after ours has ended; with boot and start time it is ours."""

    pid: int
    started: str

    def alive(self) -> bool:
        return identify(self.pid) == self


# Children of this process: somebody must read their exit status, or they stay as zombies.
_children: dict[Process, subprocess.Popen[bytes]] = {}


def identify(pid: int) -> Process | None:
    """The process that has this pid now, or None where there is none (or only its unread exit status)."""
    try:
        ended, started = _look_up(pid)
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if ended else Process(pid, started)


def _look_up(pid: int) -> tuple[bool, str]:
    """Whether all of it has ended (its first thread may end before the others), and when it was started."""
    stat = Path(f"/proc/{pid}/stat").read_text()
    fields = stat.rpartition(")")[2].split()  # the name before it may hold blanks and brackets
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    state, threads, ticks_after_boot = fields[0], int(fields[17]), fields[19]
    return state in "ZX" and threads <= 1, f"{boot}/{ticks_after_boot}"


def start(
    command: Sequence[str], log: Path, *, cwd: Path, env: Mapping[str, str], dies_with_us: bool = False
) -> Process:
    """Start in a session of its own, so that Ctrl-C here does not reach it; output is added to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=dict(env),
            start_new_session=True,
            preexec_fn=_die_with_parent() if dies_with_us else None,
        )
    # Its number cannot pass to another process before its status is read.
    process = Process(child.pid, _look_up(child.pid)[1])
    _children[process] = child
    return process


def _die_with_parent() -> Callable[[], None]:
    libc = ctypes.CDLL(None)  # loaded before the fork: loading inside the child may deadlock
    return lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def stop(process: Process, patience_seconds: float = 30) -> bool:
    """End it and all it has started: asked first, then forced. Whether asking was enough."""
    _signal_group(process, signal.SIGTERM)
    until = time.monotonic() + patience_seconds
    graceful = True
    while process.alive() or not _reaped(process):
        if time.monotonic() > until:
            graceful = False
            _signal_group(process, signal.SIGKILL)
        time.sleep(0.05)
    return graceful


def _signal_group(process: Process, number: signal.Signals) -> None:
    if not process.alive():
        return
    try:
        os.kill(process.pid, number) if number == signal.SIGTERM else os.killpg(process.pid, number)
    except ProcessLookupError:
        return  # it ended in between, which is what was wanted


def _reaped(process: Process) -> bool:
    if process in _children and _children[process].poll() is not None:
        del _children[process]
    return process not in _children
