"""bench: measures, and keeps the figures in docs/benchmarks.md."""

from __future__ import annotations

import argparse
import subprocess
import sys
from typing import TYPE_CHECKING

from rich.console import Console

from local.folders import CHECKOUT

if TYPE_CHECKING:
    from local.commands import Commands


def add_to(commands: Commands) -> None:
    parser = commands.add_parser("bench", help="run a benchmark, for example: ingest, query, index_template")
    parser.add_argument("name", help="a module of tests/benchmarks")
    parser.add_argument("--json", metavar="FILE", help="also write a row of JSON for each line")
    parser.set_defaults(run=measure)


def measure(arguments: argparse.Namespace, console: Console) -> int:
    words = [sys.executable, "-m", "tests.benchmarks", arguments.name]
    words += ["--json", arguments.json] if arguments.json else []
    return subprocess.run(words, cwd=CHECKOUT, check=False).returncode
