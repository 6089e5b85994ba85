"""doctor: says what is missing or wrong on this machine, and how to mend it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from local.doctor import examine
from local.folders import Folders

if TYPE_CHECKING:
    from local.commands import Commands


def add_to(commands: Commands) -> None:
    parser = commands.add_parser("doctor", help="what this machine has and lacks, and how to mend it")
    parser.set_defaults(run=tell)


def tell(arguments: argparse.Namespace, console: Console) -> int:
    findings = examine(Folders())
    for finding in findings:
        mark = "[green]✓[/]" if finding.ok else "[red]✗[/]"
        console.print(f"{mark} {finding.what:<12} {escape(finding.found)}", soft_wrap=True)
        if not finding.ok:
            console.print(f"  mend it:     {escape(finding.mend)}", soft_wrap=True)
    return 0 if all(finding.ok for finding in findings) else 1
