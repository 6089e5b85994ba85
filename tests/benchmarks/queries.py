"""Questions through the query function, against ClickHouse in process with the same events, in one run.

Every event is in the archive as compaction leaves it and in OpenSearch; conversions are attributed by the code that the
attribute function runs. What is asked again begins a little earlier each time, before there are any events: the answer
stays the same, and no cache of whole answers can know it.
"""

import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any, Final

import duckdb
import urllib3
from rich.console import Console
from touchline.adapters.columns.opening import open_event_columns
from touchline.adapters.dynamodb.goals import DynamoDbGoals
from touchline.adapters.memory.goals import MemoryGoals
from touchline.adapters.memory.identities import MemoryIdentities
from touchline.adapters.opensearch.client import connect
from touchline.adapters.opensearch.conversion_reports import OpenSearchConversionReports
from touchline.adapters.opensearch.conversions import OpenSearchConversionStore
from touchline.adapters.opensearch.event_reports import OpenSearchEventReports
from touchline.adapters.opensearch.event_search import OpenSearchEventSearch
from touchline.adapters.opensearch.person_events import OpenSearchPersonEvents
from touchline.adapters.s3 import S3Archive
from touchline.domain.goals import Goal
from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter
from touchline.services.attribute_people import AttributionParts, Task, attribute_people
from touchline.services.sources import Sources

from local.environments import rival_python
from local.folders import CHECKOUT, Folders, cache_folder
from local.progress import steps
from local.system import Running, System
from local.tenants import create_tenant
from tests.benchmarks.campaign_events import CAMPAIGNS, DAY_MS, DAYS, START, make_events
from tests.benchmarks.campaign_store import fill_archive, fill_index
from tests.benchmarks.harness import Report
from tests.benchmarks.mixed_board import measure_board
from tests.benchmarks.query_function import Ask, Json, in_memory, query_function

EVENTS: Final = int(os.environ.get("BENCH_EVENTS", "5000000"))
FEWER: Final = EVENTS // 5  # what growth is told from
ROUNDS: Final = int(os.environ.get("BENCH_ROUNDS", "40"))
RIVAL: Final = Path(__file__).with_name("rival_clickhouse.py")
END: Final = START + DAYS * DAY_MS
GOAL: Final = Goal(
    "order",
    1,
    "Order",
    ((Filter(Field("action", "text"), "eq", ("order_completed",)),),),
    value="event",
    touch_actions=("email_opened", "link_clicked", "page_viewed"),
)
CONVERTED_AT_ONCE: Final = 500
REACH_CONVERSIONS: Final = 500
MINUTE: Final = 60_000
STEPS: Final = ("email_delivered", "email_opened", "link_clicked", "order_completed")


@dataclass(frozen=True, slots=True)
class Question:
    name: str  # as the rival calls it
    kind: str
    body: Json
    most: float  # times the rival's p50, and where `tail` its p95
    tail: bool = False
    known_most: float | None = None  # where past days are known


@dataclass(frozen=True, slots=True)
class Rival:
    times: list[float]  # ms
    rows: list[list[Any]]


def _is(field: str, value: Any) -> Json:
    return {"field": field, "is": "eq", "value": value}


ATTRIBUTION: Final = Question("attribution (linear) by campaign", "attribution", {"goal": "order"}, 1, tail=True)
COHORTS: Final = Question(
    "cohort triangle", "cohorts", {"goal": "order", "values": ["campaign-3"], "ages": 30}, 1, tail=True
)
FUNNEL: Final = Question(
    "funnel of four steps",
    "funnel",
    {"steps": [{"filters": [_is("action", step)]} for step in STEPS], "window": "7 days"},
    3,
)
QUESTIONS: Final = (
    ATTRIBUTION,
    COHORTS,
    Question(
        "comparison of two messages",
        "comparison",
        {
            "field": "context.message",
            "filters": [_is("context.campaign", "campaign-3")],
            "outcomes": [{"goal": "order"}],
            "exposure": [[_is("action", "email_sent")]],
        },
        1,
        tail=True,
    ),
    Question(
        "time series with breakdown",
        "timeseries",
        {"breakdown": {"field": "context.campaign", "top": CAMPAIGNS}},
        3,
        known_most=1,
    ),
    Question("exact uniques per day", "timeseries", {"measure": {"type": "unique_actors"}}, 3, known_most=1),
    FUNNEL,
    Question("weekly retention", "retention", {"interval": "week", "entry": "first"}, 3),
    Question("paths, three steps on", "paths", {"anchor": [_is("action", "email_opened")], "window": "30 days"}, 3),
)


def run(report: Report) -> None:
    tenant, fewer = (f"bench-{size}-{time.time_ns()}" for size in ("all", "fewer"))
    system = System(Folders(CHECKOUT / ".local" / "bench"), heap="2g")
    system.wipe()
    with TemporaryDirectory(dir=_scratch()) as scratch:
        events, some = (make_events(Path(scratch), n, of) for n, of in ((EVENTS, tenant), (FEWER, fewer)))
        rival = _ask_rival(events)
        try:
            with steps(Console()) as shown:
                running = system.up(shown)
            keys = create_tenant(running, tenant, events_per_second=50_000)
            _fill(report, running, events, tenant, some, fewer)
            _attribute(report, running.search_url, events, tenant)
            _attribute(None, running.search_url, some, fewer)
            _let_merge(running.search_url)
            sources = _sources(running, Path(scratch), (tenant, fewer))
            ask = query_function(tenant, sources)
            for question in QUESTIONS:
                _measure(report, question, rival[question.name].times, ask, running.search_url)
            _compare_funnels(report, ask, rival[FUNNEL.name].rows)
            _measure_growth(report, ask, query_function(fewer, sources), running.search_url)
            _goals_table(running).add(tenant, GOAL)  # its conversions are there: nothing is left to be computed
            measure_board(report, running, keys, START, END, GOAL.id)
        finally:
            system.down()
    report.note(
        f"{EVENTS:,} events, {DAYS} days, {CAMPAIGNS} campaigns; ClickHouse as `chdb` on two threads, its table sorted "
        "by person and time, people as 32-bit numbers. Ours is the whole function in this process: key, request, "
        "answer as JSON, all models of attribution where ClickHouse computes one. The node's caches are emptied before "
        "each question, but where past days are known."
    )
    report.note(
        "The board runs over HTTP on the whole local system: API, functions, queue, tables, OpenSearch and the asker "
        "share two cores, and the questions wait for one another. Most of the node's work while events arrive is "
        "computing the conversions and memberships of the people who send them."
    )


def _scratch() -> Path:
    place = cache_folder() / "benchmarks"
    place.mkdir(parents=True, exist_ok=True)
    return place


def _fill(report: Report, running: Running, events: Path, tenant: str, some: Path, fewer: str) -> None:
    archive = _archive(running)
    report.add("columns of the archive", fill_archive(archive, events, tenant) / EVENTS, "B/event")
    fill_archive(archive, some, fewer)
    for file in (events, some):
        fill_index(running.search_url, file)


def _archive(running: Running) -> S3Archive:
    return S3Archive(running.client("s3"), running.outputs["ArchiveBucket"])


def _sources(running: Running, scratch: Path, tenants: tuple[str, ...]) -> Sources:
    search = OpenSearchEventSearch(connect(running.search_url, region="us-east-1", timeout_seconds=60))
    goals = MemoryGoals()
    for tenant in tenants:
        goals.add(tenant, GOAL)
    columns = open_event_columns(_archive(running), lambda _: {}, _now, folder=scratch / "columns")
    return in_memory(
        OpenSearchEventReports(search), columns, conversions=OpenSearchConversionReports(search), goals=goals
    )


def _goals_table(running: Running) -> DynamoDbGoals:
    tables = running.client("dynamodb")
    (name,) = (name for name in tables.list_tables()["TableNames"] if "Goals" in name)
    return DynamoDbGoals(tables, name)


def _now() -> int:
    return time.time_ns() // 1_000_000


def _attribute(report: Report | None, url: str, events: Path, tenant: str) -> None:
    """Every actor with a goal's event or an entry, as messages of the attribution queue would name them."""
    client = connect(url, region="us-east-1", timeout_seconds=60)
    parts = AttributionParts(MemoryIdentities(), OpenSearchPersonEvents(client), OpenSearchConversionStore(client))
    task = Task(tenant, [GOAL], END, START - DAY_MS)
    converted = _actors(events, "order_completed")
    began, busy, found = perf_counter(), process_time(), 0
    for start in range(0, len(converted), CONVERTED_AT_ONCE):
        changed = dict.fromkeys(converted[start : start + CONVERTED_AT_ONCE], 0)
        found += attribute_people(parts, task, changed).conversions
    seconds, cpu = perf_counter() - began, process_time() - busy
    others = sorted({*_actors(events, "email_sent")} - {*converted})
    for start in range(0, len(others), 2_000):
        attribute_people(parts, task, dict.fromkeys(others[start : start + 2_000], 0))
    urllib3.PoolManager().request("POST", f"{url}/conversions-*,memberships/_refresh")
    if report is None:
        return
    rate = found / seconds
    report.add(
        "attribute function, touches read from the node: conversions", rate, "a second on one core",
        reach=f"≥ {REACH_CONVERSIONS}", met=rate >= REACH_CONVERSIONS,
    )  # fmt: skip
    report.add("  the same, of its own CPU alone", found / cpu, "a second")
    report.add(f"{found:,} conversions and {len(others) + len(converted):,} people's entries", _since(began), "s")


def _since(began: float) -> float:
    return perf_counter() - began


def _actors(events: Path, action: str) -> list[str]:
    with duckdb.connect() as connection:
        found = connection.execute(
            f"SELECT DISTINCT actor.id FROM '{events}' WHERE action = $action ORDER BY 1", {"action": action}
        )
        return [actor for (actor,) in found.fetchall()]


def _ask_rival(events: Path) -> dict[str, Rival]:
    words = [str(rival_python()), str(RIVAL), str(events), str(ROUNDS)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return {told["name"]: Rival(told["times"], told["rows"]) for told in map(json.loads, done.stdout.splitlines())}


def _compare_funnels(report: Report, ask: Ask, levels: list[list[int]]) -> None:
    """Where no event meets two steps and moments differ, `windowFunnel` means the same (docs/reference/funnels.md)."""
    (row,) = ask(FUNNEL.kind, _range(0) | FUNNEL.body)["rows"]
    ours = [step["people"] for step in row["steps"]]
    theirs = [sum(int(people) for level, people in levels if int(level) > step) for step in range(len(STEPS))]
    apart = sum(abs(one - other) for one, other in zip(ours, theirs, strict=True))
    report.add(
        "  people of its steps that windowFunnel counts otherwise", apart, f"of {sum(ours):,}", reach="none",
        met=apart == 0,
    )  # fmt: skip


def _measure(report: Report, question: Question, rival: list[float], ask: Ask, url: str) -> None:
    turns = _turns()
    first = _times(question, ask, turns, lambda: _forget(url))
    _tell(report, question.name, first, rival, question.most, tail=question.tail)
    if question.known_most is not None:
        again = _times(question, ask, turns, lambda: None)
        _tell(report, f"{question.name}, past days known", again, rival, question.known_most, tail=False)


def _tell(report: Report, name: str, ours: list[float], rival: list[float], most: float, *, tail: bool) -> None:
    p50, its_p50 = statistics.median(ours), statistics.median(rival)
    p95, its_p95 = (statistics.quantiles(times, n=20)[-1] for times in (ours, rival))
    reach = f"≤ {most:g} ×"
    report.add(
        f"{name}: p50", p50, "ms", rival="ClickHouse", rival_value=its_p50, reach=reach, met=p50 <= most * its_p50
    )
    report.add(
        f"{name}: p95", p95, "ms", rival="ClickHouse", rival_value=its_p95,
        reach=reach if tail else "", met=p95 <= most * its_p95 if tail else None,
    )  # fmt: skip


def _measure_growth(report: Report, ask: Ask, ask_fewer: Ask, url: str) -> None:
    for question in (ATTRIBUTION, COHORTS):
        few, many = (
            statistics.median(_times(question, each, _turns(), lambda: _forget(url))) for each in (ask_fewer, ask)
        )
        report.add(
            f"{question.kind}: {EVENTS:,} events against {FEWER:,}", many, "ms", rival="with fewer", rival_value=few,
            reach=f"< {EVENTS / FEWER:g} ×", met=many / few < EVENTS / FEWER,
        )  # fmt: skip


def _times(question: Question, ask: Ask, turns: Iterator[int], before: Callable[[], None]) -> list[float]:
    found = []
    for _ in range(ROUNDS + 3):
        before()
        body = _range(next(turns)) | question.body
        began = perf_counter()
        ask(question.kind, body)
        found.append(_since(began) * 1000)
    return found[3:]


def _turns() -> Iterator[int]:
    turn = 0
    while True:
        yield (turn := turn + 1)


def _range(turn: int) -> Json:
    return {"from": _moment(START - turn * MINUTE), "to": _moment(END), "time_zone": "UTC"}


def _moment(at: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at // 1000))


def _let_merge(url: str) -> None:
    """Until the node has put together what was just written, as the rival's table is."""
    while True:
        answer = urllib3.PoolManager().request("GET", f"{url}/_nodes/stats/indices/merge").json()
        if not any(node["indices"]["merges"]["current"] for node in answer["nodes"].values()):
            return
        time.sleep(1)


def _forget(url: str) -> None:
    urllib3.PoolManager().request("POST", f"{url}/_cache/clear")
