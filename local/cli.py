"""`./dev`: one command for everything that a developer does with Touchline."""

import argparse
import sys
from collections.abc import Sequence

from rich.console import Console

from local.commands import bench, checks, cloud, demo, doctor, events, lifecycle, lock, marketo, tenants
from local.errors import LocalError

GROUPS = (demo, lifecycle, checks, bench, cloud, events, tenants, marketo, lock, doctor)


def main(words: Sequence[str] | None = None) -> int:
    console = Console(highlight=False)
    arguments = _parser().parse_args(words)
    try:
        return int(arguments.run(arguments, console))
    except LocalError as error:
        console.print(f"[bold red]✗[/] {error}", markup=True, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("\nStopped by you. What runs goes on running; `./dev down` ends it.")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./dev", description=__doc__)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for group in GROUPS:
        group.add_to(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
