"""replay: indexes a day again from the archive."""

from __future__ import annotations

import argparse
import json
import time
from datetime import date
from typing import TYPE_CHECKING, Any

from rich.console import Console

from local.errors import LocalError
from local.folders import Folders
from local.progress import Step, steps
from local.system import Running, System

if TYPE_CHECKING:
    from local.commands import Commands

ASK_EVERY_SECONDS = 0.5


def add_to(commands: Commands) -> None:
    parser = commands.add_parser("replay", help="index a day again from the archive; what is right stays as it is")
    parser.add_argument("--day", required=True, type=date.fromisoformat, help="the events' own day, YYYY-MM-DD (UTC)")
    parser.add_argument("--tenant", help="of one tenant only")
    parser.set_defaults(run=replay)


def replay(arguments: argparse.Namespace, console: Console) -> int:
    wanted = {"day": arguments.day.isoformat()} | ({"tenant": arguments.tenant} if arguments.tenant else {})
    with steps(console) as shown, shown.step(f"{arguments.day} is indexed again") as step:
        result = run_machine(System(Folders()).running(), "ReplayDayMachine", wanted, step)
    console.print_json(json.dumps(result))
    return 0


def run_machine(running: Running, output: str, wanted: dict[str, Any], step: Step) -> Any:
    """Start a state machine and wait for its answer."""
    client = running.client("stepfunctions")
    execution = client.start_execution(stateMachineArn=running.outputs[output], input=json.dumps(wanted))[
        "executionArn"
    ]
    while True:
        told = client.describe_execution(executionArn=execution)
        if told["status"] != "RUNNING":
            break
        _show(client, execution, step)
        time.sleep(ASK_EVERY_SECONDS)
    if told["status"] != "SUCCEEDED":
        raise LocalError(f"{told['status']}: {told.get('error', '')} {told.get('cause', '')}".strip())
    return json.loads(told["output"])


def _show(client: Any, execution: str, step: Step) -> None:
    """How many parts of the map are done, of how many."""
    pages = client.get_paginator("get_execution_history").paginate(executionArn=execution)
    kinds = [event["type"] for page in pages for event in page["events"]]
    if started := kinds.count("MapIterationStarted"):
        step.reach(kinds.count("MapIterationSucceeded"), started, "parts")
