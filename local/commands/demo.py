"""demo: both halves: thirty days of events and what they say; and a Marketo whose leads are put in order."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Console

from local.commands.lifecycle import print_addresses
from local.demo import goals, marketo, questions, report, story, waiting
from local.demo.api import connect
from local.demo.keys import demo_keys
from local.demo.sending import send
from local.folders import Folders
from local.progress import steps
from local.sample_data import SampleData
from local.system import System

if TYPE_CHECKING:
    from local.commands import Commands

EVENTS = 200_000


def add_to(commands: Commands) -> None:
    parser = commands.add_parser(
        "demo", help="start all, send 30 days of events, ask questions, run Marketo services, print what came out"
    )
    parser.add_argument("--exit", action="store_true", help="stop the local system after the report")
    parser.add_argument("--events", type=int, default=EVENTS, help=f"how many at least ({EVENTS:,})")
    parser.set_defaults(run=demonstrate)


def demonstrate(arguments: argparse.Namespace, console: Console) -> int:
    system = System(Folders())
    try:
        return _demonstrate(system, arguments.events, console)
    finally:
        if arguments.exit:
            system.down()


def _demonstrate(system: System, events: int, console: Console) -> int:
    with steps(console) as shown:
        running = system.up(shown)
        keys = demo_keys(system.folders, running)
        data = SampleData(events, datetime.now(UTC))
        with shown.step("events are sent through the API") as step:
            books = send(data, connect(running.api_url, keys["ingest"]), events, step)
        reader = connect(running.api_url, keys["read"])
        with shown.step("events are searchable") as step:
            searchable = waiting.until_searchable(reader, data, step)
        admin = connect(running.api_url, keys["admin"])
        with shown.step("goals are set") as step:
            ids = goals.demo_goals(admin, step)
        with shown.step("conversions are attributed") as step:
            goals.compute_past(admin, ids, step)
        with shown.step("questions are answered"):
            answers, told = questions.ask(reader, data), list(story.tell(reader, data, ids))
        with shown.step("a Marketo instance is connected"):
            connected = marketo.connect_marketo(admin, running)
        with shown.step("Marketo services run") as step:
            ran = marketo.run_services(admin, connected, step)
        with shown.step("imported activities are searchable") as step:
            marketo.until_imported(reader, ran, step)
            told += marketo.tell(admin, reader, connected, ran)
    report.print_books(books, data, searchable, console)
    report.print_answers(answers, console)
    report.print_story(told, console)
    print_addresses(running, console)
    report.print_next_steps(running.api_url, system.folders.demo, console)
    return 0 if searchable == _distinct(data) and marketo.all_completed(ran) else 1


def _distinct(data: SampleData) -> int:
    return data.totals.distinct if data.totals else 0
