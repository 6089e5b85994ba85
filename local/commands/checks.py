"""check and test: the fast one before a commit, and the whole suite."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from local.environments import emulator_python
from local.folders import CHECKOUT, TEST
from local.opensearch import container
from local.opensearch.gather import gather
from local.progress import Steps, steps
from local.system import System

if TYPE_CHECKING:
    from local.commands import Commands

HERE = Path(sys.executable).parent
FORMAT = ("ruff format", (str(HERE / "ruff"), "format", "--check", "."))
LINT = ("ruff check", (str(HERE / "ruff"), "check", "."))
TYPES = ("mypy", (str(HERE / "mypy"),))
IMPORTS = ("lint-imports", (str(HERE / "lint-imports"), "--no-cache"))
TOOLS = (FORMAT, LINT, IMPORTS, TYPES)
IMPORT_ROOTS = os.pathsep.join(str(CHECKOUT / root) for root in ("layers/core/python", "functions", "."))
NO_SERVERS = "not search and not system"
# So many tests at once, in the lines of tests/conftest.py.
AT_ONCE = ("-n", str(min(4, os.cpu_count() or 1)), "--dist", "loadscope", "--no-loadscope-reorder")
NO_TESTS_COLLECTED = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    name: str
    ok: bool
    output: str


def add_to(commands: Commands) -> None:
    check = commands.add_parser("check", help="format, lint, types, import rules and quick tests; starts no server")
    check.set_defaults(run=check_quickly)
    test = commands.add_parser("test", help="everything: what check does, then every test, on real parts")
    test.add_argument("pytest", nargs=argparse.REMAINDER, help="handed to pytest, for example: tests/e2e -k replay")
    test.set_defaults(run=test_everything)


def check_quickly(arguments: argparse.Namespace, console: Console) -> int:
    quick = ("quick tests", (sys.executable, "-m", "pytest", "-q", *AT_ONCE, "-m", NO_SERVERS))
    with steps(console) as shown, ThreadPoolExecutor(2) as lanes:
        tested = lanes.submit(_run, quick, shown)
        outcomes = [_run(tool, shown) for tool in TOOLS]
        outcomes.append(tested.result())
    return _tell(outcomes, console)


def test_everything(arguments: argparse.Namespace, console: Console) -> int:
    with steps(console) as shown, ThreadPoolExecutor(2) as lanes:
        preparing = lanes.submit(_prepare, shown)
        failed = _tell([_run(tool, shown) for tool in TOOLS], console)
        preparing.result()
    try:
        tested = _pytest(arguments.pytest)
    finally:
        System(TEST).down()  # where pytest was killed, its fixtures had no chance to
    return tested or failed


def _prepare(shown: Steps) -> None:
    """Downloads, before the tests: a fixture has no way to show how far they are."""
    if not container.is_the_only_way():
        for secure in (False, True):
            with shown.step("OpenSearch with its security plugin is gathered" if secure else "OpenSearch is gathered"):
                gather(secure=secure)
    with shown.step("the emulator's environment is made"):
        emulator_python()


def _pytest(words: Sequence[str]) -> int:
    """It prints for itself, so that its last line is the last. A signal to end reaches it, and is waited for."""
    words = [word for word in words if word != "--"] or AT_ONCE
    # A shell ignores Ctrl-C for what it runs in the background, and pytest would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    started = subprocess.Popen([sys.executable, "-m", "pytest", *words], cwd=CHECKOUT)
    signal.signal(signal.SIGTERM, lambda *_: started.send_signal(signal.SIGINT))
    while True:
        try:
            return started.wait()
        except KeyboardInterrupt:
            continue  # the terminal has told pytest, too; it stops what its fixtures have started


def _run(tool: tuple[str, Sequence[str]], shown: Steps) -> Outcome:
    name, command = tool
    began = time.monotonic()
    with shown.step(name) as step:
        environment = os.environ | {"PYTHONPATH": IMPORT_ROOTS} if tool is IMPORTS else None
        done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
        step.failed = done.returncode not in (0, NO_TESTS_COLLECTED)
    taken = time.monotonic() - began
    return Outcome(f"{name}, {taken:.1f} s", not step.failed, done.stdout + done.stderr)


def _tell(outcomes: Sequence[Outcome], console: Console) -> int:
    failed = [outcome for outcome in outcomes if not outcome.ok]
    for outcome in failed:
        console.rule(outcome.name, style="red")
        console.print(outcome.output.rstrip(), markup=False, soft_wrap=True)
    return 1 if failed else 0
