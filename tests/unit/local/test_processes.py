import os
import subprocess
import sys
from pathlib import Path

from local.processes import Process, identify, start, stop

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(600)",
]


def test_a_running_process_is_recognised_by_pid_and_start() -> None:
    me = identify(os.getpid())
    assert me is not None
    assert me.alive()


def test_another_process_with_the_same_pid_is_not_taken_for_ours(tmp_path: Path) -> None:
    started = start(SLEEP, tmp_path / "log", cwd=tmp_path, env=os.environ)
    stranger = Process(started.pid, "another-boot/1")
    assert not stranger.alive()
    assert stop(stranger)
    assert started.alive()
    stop(started)


def test_a_process_that_has_ended_is_not_alive_although_nobody_has_read_its_status() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    assert identify(ended.pid) is None
    ended.wait()


def test_stopping_asks_first(tmp_path: Path) -> None:
    process = start(SLEEP, tmp_path / "log", cwd=tmp_path, env=os.environ)
    assert process == identify(process.pid)
    assert stop(process)
    assert not process.alive()


def test_a_process_that_does_not_listen_is_forced(tmp_path: Path) -> None:
    log = tmp_path / "log"
    process = start(STUBBORN, log, cwd=tmp_path, env=os.environ)
    while "up" not in log.read_text():
        pass
    assert not stop(process, patience_seconds=0)
    assert not process.alive()


def test_output_is_added_to_the_log_of_earlier_runs(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "part.log"
    for word in ("first", "second"):
        process = start([sys.executable, "-c", f"print('{word}')"], log, cwd=tmp_path, env=os.environ)
        while process.alive():
            pass
        stop(process)
    assert log.read_text() == "first\nsecond\n"


def test_a_process_lives_until_its_last_thread_ends_even_if_the_first_has_ended(tmp_path: Path) -> None:
    code = "import ctypes, threading, time; threading.Thread(target=time.sleep, args=(600,)).start()"
    ends_first_thread = f"{code}; print('up', flush=True); ctypes.CDLL(None).pthread_exit(None)"
    process = start([sys.executable, "-c", ends_first_thread], tmp_path / "log", cwd=tmp_path, env=os.environ)
    stat = Path(f"/proc/{process.pid}/stat")
    while " Z " not in stat.read_text():
        pass
    assert process.alive()
    stop(process, patience_seconds=0)
    assert not process.alive()
