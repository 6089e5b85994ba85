"""A whole execution over the local system: a million leads on the simulator, duplicates found and marked, then again.

Calls are counted by the simulator, whatever we believe to have made. Marketo's own work takes no time here: what is
measured is ours.
"""

import os
import time
from typing import Any, Final

import requests
from rich.console import Console

from local.demo.api import Api, connect
from local.demo.marketo import Connected, Ran, connect_marketo, run_services
from local.folders import CHECKOUT, Folders
from local.progress import Steps, steps
from local.system import Running, System
from local.tenants import create_tenant
from tests.benchmarks.harness import Report

LEADS: Final = int(os.environ.get("BENCH_LEADS", "1000000"))
LEADS_A_CALL: Final = 300
REACH_CALLS: Final = 40
REACH_BYTES: Final = 150_000_000
REACH_SECONDS: Final = 360
CALLS_IN_20_SECONDS: Final = 100
PATIENCE_SECONDS: Final = 2_400


def run(report: Report) -> None:
    system = System(Folders(CHECKOUT / ".local" / "bench"), leads=LEADS)
    system.wipe()
    try:
        with steps(Console()) as shown:
            running = system.up(shown)
            keys = create_tenant(running, f"bench-{time.time_ns()}")
            admin = connect(running.api_url, keys["admin"])
            connected = connect_marketo(admin, running, pace=0)
            first = _measured(running, admin, connected, shown, "duplicates are marked")
            again = _measured(running, admin, connected, shown, "nothing is left to be marked")
    finally:
        system.down()
    _tell(report, *first)
    _tell_again(report, *again)
    report.note(
        f"{LEADS:,} leads; API, state machine, functions, stores, Marketo and the asker share two cores. The time is "
        "from the request that starts it to the state `completed`, without Marketo's own: bulk jobs take no time here."
    )


def _measured(
    running: Running, admin: Api, connected: Connected, shown: Steps, name: str
) -> tuple[Ran, float, dict[str, Any]]:
    requests.delete(f"{running.marketo_url}/_simulator/counters", timeout=60).raise_for_status()
    began = time.monotonic()
    with shown.step(name) as step:
        (ran,) = run_services(admin, connected, step, ["dedupe"], PATIENCE_SECONDS)
    seconds = time.monotonic() - began
    if ran.execution["state"] != "completed":
        raise RuntimeError(f"The execution is {ran.execution['state']}: {ran.execution['problems']}")
    return ran, seconds, requests.get(f"{running.marketo_url}/_simulator/counters", timeout=60).json()


def _tell(report: Report, ran: Ran, seconds: float, counters: dict[str, Any]) -> None:
    execution, changes = ran.execution, ran.execution["progress"]["changes"]
    calls, size = counters["calls"], execution["usage"]["bytes"]
    report.add("leads", execution["progress"]["leads"], "leads")
    report.add("leads that change", changes, "leads", rival="all", rival_value=execution["progress"]["leads"])
    report.add(
        "calls, counted by the simulator", calls, "calls", rival=f"{LEADS_A_CALL} leads a call, writing alone",
        rival_value=-(-changes // LEADS_A_CALL), reach=f"≤ {REACH_CALLS}", met=calls <= REACH_CALLS,
    )  # fmt: skip
    most = counters["most_in_window"]
    report.add(
        "most calls in any 20 s", most, "calls", rival="Marketo's limit", rival_value=CALLS_IN_20_SECONDS,
        reach=f"≤ {CALLS_IN_20_SECONDS}", met=most <= CALLS_IN_20_SECONDS,
    )  # fmt: skip
    report.add(
        "extracted", size / 1e6, "MB", rival="Marketo's day", rival_value=500, reach=f"≤ {REACH_BYTES / 1e6:.0f}",
        met=size <= REACH_BYTES,
    )  # fmt: skip
    report.add("the whole", seconds, "s", reach=f"≤ {REACH_SECONDS}", met=seconds <= REACH_SECONDS)


def _tell_again(report: Report, ran: Ran, seconds: float, counters: dict[str, Any]) -> None:
    changes = ran.execution["progress"]["changes"]
    report.add("again: leads that change", changes, "leads", reach="0", met=changes == 0)
    report.add("again: calls", counters["calls"], "calls")
    report.add("again: the whole", seconds, "s")
