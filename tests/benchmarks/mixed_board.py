"""A board of mixed questions over HTTP, on time whether the last ones are answered or not, while events arrive."""

import os
import random
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import batched
from typing import Any, Final

import orjson
import requests

from local.demo.api import connect
from local.system import Running
from tests.benchmarks.campaign_events import CAMPAIGNS
from tests.benchmarks.harness import Report
from tests.benchmarks.sample_events import api_events

SECONDS: Final = int(os.environ.get("BENCH_BOARD_SECONDS", "60"))
QUESTIONS_A_SECOND: Final = 20
EVENTS_A_SECOND: Final = 600
EVENTS_A_REQUEST: Final = 60
REACH_P95_MS: Final = 1_000
CONNECTIONS: Final = 6  # as many containers start, each with a cold start on the same two cores
WARMING_SECONDS: Final = 20

type Json = dict[str, Any]


def measure_board(report: Report, running: Running, keys: dict[str, str], start: int, end: int, goal: str) -> None:
    """`goal`: the id of one whose conversions are there."""
    stop = threading.Event()
    sender = threading.Thread(target=_send, args=(running, keys["ingest"], stop))
    sender.start()
    try:
        begun, answered = (
            _ask_all(running, keys["read"], start, end, goal, seconds * QUESTIONS_A_SECOND, QUESTIONS_A_SECOND)
            for seconds in (WARMING_SECONDS, SECONDS)
        )
    finally:
        stop.set()
        sender.join()
    p50, p95 = _percentiles(answered)
    refused = sum(status != 200 for _, status in answered)
    report.add(
        f"mixed board, {QUESTIONS_A_SECOND} questions/s while {EVENTS_A_SECOND} events/s arrive: p95", p95, "ms",
        rival="p50", rival_value=p50, reach=f"< {REACH_P95_MS}", met=p95 < REACH_P95_MS,
    )  # fmt: skip
    report.add("  not answered with 200", refused, f"of {len(answered):,}", reach="none", met=refused == 0)
    p50, p95 = _percentiles(begun)
    report.add(
        f"  in its first {WARMING_SECONDS} s, while {CONNECTIONS} containers start: p95", p95, "ms",
        rival="p50", rival_value=p50,
    )  # fmt: skip


def _percentiles(answered: list[tuple[float, int]]) -> tuple[float, float]:
    times = sorted(taken for taken, status in answered if status == 200)
    return (statistics.median(times), times[int(len(times) * 0.95)]) if times else (float("inf"), float("inf"))


def _ask_all(
    running: Running, key: str, start: int, end: int, goal: str, questions: int, a_second: int
) -> list[tuple[float, int]]:
    """Each question's ms from when it was due, and its status; 0 where there was no answer."""
    chance = random.Random(20261122)
    session = requests.Session()
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=CONNECTIONS))
    session.headers["Authorization"] = f"Bearer {key}"
    began = time.monotonic()

    def ask(due: float, kind: str, body: Json) -> tuple[float, int]:
        try:
            status = session.post(f"{running.api_url}/v1/queries/{kind}", json=body, timeout=60).status_code
        except requests.RequestException:
            status = 0
        return (time.monotonic() - due) * 1000, status

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        waiting = []
        for number in range(questions):
            due = began + number / a_second
            time.sleep(max(0, due - time.monotonic()))
            waiting.append(pool.submit(ask, due, *_question(chance, start, end, goal)))
        return [one.result() for one in waiting]


def _question(chance: random.Random, start: int, end: int, goal: str) -> tuple[str, Json]:
    """As a board has them: many series, some reports on a goal, a funnel now and then; of one campaign or another."""
    campaign = f"campaign-{chance.randrange(CAMPAIGNS)}"
    days = chance.choice((7, 14, 30))
    span = {"from": _moment(end - days * 86_400_000), "to": _moment(end), "time_zone": "UTC"}
    only = {"filters": [{"field": "context.campaign", "value": campaign}]}
    kind = chance.choices(
        ("count", "people", "attribution", "cohorts", "comparison", "funnel"), (45, 15, 15, 10, 5, 10)
    )[0]
    match kind:
        case "count":
            return "timeseries", span | only | {"breakdown": {"field": "action"}}
        case "people":
            return "timeseries", span | only | {"measure": {"type": "unique_actors"}}
        case "attribution":
            return "attribution", span | {"goal": goal, "models": ["first", "last", "linear", "time_decay"]}
        case "cohorts":
            return "cohorts", span | {"goal": goal, "values": [campaign]}
        case "comparison":
            opened = {"name": "opened", "any_of": [[{"field": "action", "value": "email_opened"}]]}
            return "comparison", span | only | {"field": "context.message", "outcomes": [opened]}
        case _:
            steps = ("email_delivered", "email_opened", "link_clicked")
            return "funnel", span | only | {"steps": [{"filters": [{"field": "action", "value": s}]} for s in steps]}


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat()


def _send(running: Running, key: str, stop: threading.Event) -> None:
    api = connect(running.api_url, key)
    events = api_events(EVENTS_A_SECOND * (SECONDS + WARMING_SECONDS + 60), until=datetime.now(UTC), days=1, seed=3)
    began = time.monotonic()
    for number, part in enumerate(batched(events, EVENTS_A_REQUEST, strict=False)):
        if stop.wait(max(0, began + number * EVENTS_A_REQUEST / EVENTS_A_SECOND - time.monotonic())):
            return
        api.send_events([orjson.dumps({**event, "timestamp": datetime.now(UTC).isoformat()}) for event in part])
