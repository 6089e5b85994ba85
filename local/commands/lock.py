"""lock: pins every dependency, with hashes and without download addresses, from the .in files."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from local.errors import LocalError
from local.folders import CHECKOUT
from local.progress import steps

if TYPE_CHECKING:
    from local.commands import Commands

OPTIONS = ["--quiet", "--universal", "--generate-hashes", "--no-header", "--no-annotate", "--python-version", "3.13"]

PLACES = (
    ".",
    "layers/dependencies",
    "layers/analytics",
    "layers/leads",
    "layers/marketo",
    "local/emulator",
    "tests/benchmarks",
)


def add_to(commands: Commands) -> None:
    parser = commands.add_parser("lock", help="make every requirements.txt anew from its requirements.in")
    parser.add_argument("--upgrade", action="store_true", help="also move to the newest versions that are allowed")
    parser.set_defaults(run=lock)


def lock(arguments: argparse.Namespace, console: Console) -> int:
    uv = Path(sys.executable).with_name("uv")
    with steps(console) as shown:
        for place in PLACES:
            with shown.step(f"{place}/requirements.txt"):
                words = [str(uv), "pip", "compile", *OPTIONS, "requirements.in", "-o", "requirements.txt"]
                words += ["--upgrade"] if arguments.upgrade else []
                done = subprocess.run(words, cwd=CHECKOUT / place, capture_output=True, text=True, check=False)
                if done.returncode:
                    raise LocalError(f"{place} could not be locked:\n{done.stderr}")
    return 0
