"""up, down, status, logs: the local system as it runs."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from local import logs, state, status
from local.folders import Folders
from local.progress import steps
from local.system import Running, System

if TYPE_CHECKING:
    from local.commands import Commands


def add_to(commands: Commands) -> None:
    up = commands.add_parser("up", help="start the local system, or mend it; harmless where it is up")
    up.set_defaults(run=start)
    down = commands.add_parser("down", help="stop it; its data stays")
    down.set_defaults(run=stop)
    told = commands.add_parser("status", help="parts, addresses, health, queue, events")
    told.set_defaults(run=show)
    lines = commands.add_parser("logs", help="logs of the functions, or of one of them (or: search, emulator)")
    lines.add_argument("function", nargs="?", default="", help="part of a function's name, for example ingest")
    lines.add_argument("--follow", action="store_true", help="go on until Ctrl-C")
    lines.add_argument("--lines", type=int, default=100, help="how many at most to begin with (100)")
    lines.set_defaults(run=read_logs)


def start(arguments: argparse.Namespace, console: Console) -> int:
    with steps(console) as shown:
        running = System(Folders()).up(shown)
    print_addresses(running, console)
    return 0


def stop(arguments: argparse.Namespace, console: Console) -> int:
    stopped = System(Folders()).down()
    console.print(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")
    return 0


def show(arguments: argparse.Namespace, console: Console) -> int:
    system = System(Folders())
    memory = state.load(system.folders.state)
    table = Table("part", "state", "pid", "port", "address", box=None, header_style="bold")
    parts = status.look_at_parts(system, memory)
    for part in parts:
        table.add_row(part.name, part.condition, str(part.pid or "–"), str(part.port or "–"), part.url)
    console.print(table)
    if any(part.condition != "healthy" for part in parts):
        console.print("Start or mend it:  ./dev up")
        return 1
    running = system.running()
    print_addresses(running, console)
    for name, value in status.count(running).items():
        console.print(f"{name:<22} {value:,}")
    return 0


def read_logs(arguments: argparse.Namespace, console: Console) -> int:
    system = System(Folders())
    for line in logs.read(system, arguments.function, lines=arguments.lines, follow=arguments.follow):
        console.print(line, markup=False, soft_wrap=True)
    return 0


def print_addresses(running: Running, console: Console) -> None:
    console.print(f"API            {running.api_url}", soft_wrap=True)
    console.print(f"API reference  {running.api_url}/v1/docs", soft_wrap=True)
    console.print(f"OpenSearch     {running.search_url}")
    console.print(f"Marketo        {running.marketo_url}")
    console.print(f"AWS endpoint   {running.endpoint}")
