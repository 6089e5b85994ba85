"""tenant: what an operator does through the function that manages tenants."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from rich.console import Console

from local.folders import Folders
from local.system import System
from local.tenants import manage_tenants

if TYPE_CHECKING:
    from local.commands import Commands


def add_to(commands: Commands) -> None:
    parser = commands.add_parser("tenant", help="create or list tenants of the local system")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    create = actions.add_parser("create", help="a tenant and its first keys; their secrets are shown once")
    create.add_argument("tenant", help="its id, for example acme")
    create.add_argument("--name", help="for people (its id)")
    create.add_argument("--time-zone", default="UTC", help="an IANA name, for example Europe/Berlin (UTC)")
    create.add_argument("--email-policy", choices=("hash", "keep"), default="hash")
    create.add_argument("--events-per-second", type=int, help="its rate limit")
    create.set_defaults(run=create_tenant)
    actions.add_parser("list", help="all tenants").set_defaults(run=list_tenants)


def create_tenant(arguments: argparse.Namespace, console: Console) -> int:
    wanted = {
        "operation": "create",
        "tenant": arguments.tenant,
        "name": arguments.name or arguments.tenant,
        "time_zone": arguments.time_zone,
        "email_policy": arguments.email_policy,
    }
    if arguments.events_per_second:
        wanted["events_per_second"] = arguments.events_per_second
    console.print_json(json.dumps(manage_tenants(System(Folders()).running(), wanted)))
    return 0


def list_tenants(arguments: argparse.Namespace, console: Console) -> int:
    console.print_json(json.dumps(manage_tenants(System(Folders()).running(), {"operation": "list"})))
    return 0
