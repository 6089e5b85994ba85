"""marketo: a Marketo instance on this machine, by itself, until Ctrl-C."""

from __future__ import annotations

import argparse
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from local.errors import LocalError
from local.folders import CHECKOUT
from local.marketo_simulator.simulator import Simulator
from local.ports import choose_port, is_free

if TYPE_CHECKING:
    from local.commands import Commands

FIRST_PORT = 8700
STATE = CHECKOUT / ".local" / "marketo"
EXAMPLES = """examples:
  ./dev marketo --leads 1000000            a million leads, ready in about half a minute
  ./dev marketo --port 8700                the instance of last time, at a port of your choice
  ./dev marketo --fresh --leads 5000       another one in its place
"""


def add_to(commands: Commands) -> None:
    parser = commands.add_parser(
        "marketo",
        help="run a Marketo on this machine, by itself, until Ctrl-C",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--leads", type=_count, default=20_000, help="leads of a new instance (20,000)")
    parser.add_argument("--activities-per-lead", type=float, default=5.0, metavar="N", help="on average (5)")
    parser.add_argument("--seed", type=int, default=1, help="another number makes other people (1)")
    parser.add_argument("--port", type=int, help="of 127.0.0.1 (a free one)")
    parser.add_argument("--state", type=Path, default=STATE, metavar="FOLDER", help="what it keeps (.local/marketo)")
    parser.add_argument("--fresh", action="store_true", help="forget what the folder keeps, and begin anew")
    parser.set_defaults(run=run_marketo)


def _count(text: str) -> int:
    count = int(text.replace(",", "").replace("_", ""))
    if not 1 <= count <= 10_000_000:
        raise argparse.ArgumentTypeError("from 1 to 10,000,000")
    return count


def run_marketo(arguments: argparse.Namespace, console: Console) -> int:
    port = arguments.port or choose_port(FIRST_PORT, CHECKOUT)
    if not is_free(port):
        raise LocalError(f"Port {port} is taken; choose another one, or none.")
    if arguments.fresh:
        _forget(arguments.state)
    simulator = Simulator(arguments.state, arguments.leads, arguments.seed, arguments.activities_per_lead, port)
    console.print("Making the instance …" if not _is_kept(arguments.state) else "Waking the instance …")
    try:
        with simulator:
            _show(simulator, arguments.state, console)
            while simulator.running():
                time.sleep(0.5)
    except KeyboardInterrupt:
        console.print("\nStopped. The same command goes on where it was.")
        return 0
    raise LocalError(f"The simulator ended by itself; see {simulator.log}")


def _is_kept(state: Path) -> bool:
    return (state / "instance.json").exists()


def _forget(state: Path) -> None:
    """Only what is a simulator's."""
    if state.exists() and any(state.iterdir()) and not _is_kept(state):
        raise LocalError(f"{state} holds something that is not a simulator's; choose another folder.")
    shutil.rmtree(state, ignore_errors=True)


def _show(simulator: Simulator, state: Path, console: Console) -> None:
    told = simulator.ask()
    lists = [f"{one['id']} {one['name']}" for one in told["static_lists"]]
    smart = [f"{one['id']} {one['name']}" for one in told["smart_lists"]]
    console.print(f"Endpoint       {simulator.endpoint}", soft_wrap=True)
    console.print(f"Client id      {told['client_id']}", soft_wrap=True)
    console.print(f"Client secret  {told['client_secret']}", soft_wrap=True)
    console.print(f"Leads          {told['leads']:,}", soft_wrap=True)
    console.print(f"Static lists   {', '.join(lists)}", soft_wrap=True)
    console.print(f"Smart lists    {', '.join(smart)}", soft_wrap=True)
    console.print(f"State          {state}", soft_wrap=True)
    console.print(
        f"Admin          {simulator.endpoint}/_simulator  (clock, switches, faults, counters, usage, truth)",
        soft_wrap=True,
    )
    console.print("Ctrl-C ends it. See docs/reference/marketo-simulator.md")
