"""A 30-day time series through the whole query function in this process, against the same search sent raw."""

import json
import os
import statistics
from collections.abc import Callable, Iterator
from itertools import batched
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import orjson
import urllib3
from touchline.adapters.event_json import bulk_lines, encode_document
from touchline.adapters.memory.event_columns import MemoryEventColumns
from touchline.adapters.opensearch.client import connect
from touchline.adapters.opensearch.event_days import event_days
from touchline.adapters.opensearch.event_reports import OpenSearchEventReports
from touchline.adapters.opensearch.event_search import PARAMS, OpenSearchEventSearch, only_of
from touchline.adapters.opensearch.tally_queries import tally_body
from touchline.adapters.opensearch.templates import event_template
from touchline.domain.event_documents import event_index
from touchline.domain.queries.buckets import boundaries
from touchline.domain.queries.cells import Part
from touchline.domain.queries.clock import rfc3339, zone_named
from touchline.domain.queries.intervals import Interval
from touchline.domain.queries.tally import Tally

from local.opensearch import running_node
from tests.benchmarks.documents import DAY_MS, NIGHT, event_documents
from tests.benchmarks.harness import Report
from tests.benchmarks.query_function import in_memory, query_function

EVENTS = int(os.environ.get("BENCH_EVENTS", "5000000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "60"))
DAYS = 30
MINUTE = 60_000
EVENTS_A_BODY = 5_000
REACH_OVERHEAD_MS, REACH_P95_MS = 10, 300
TENANT = "tenant-0"
START = NIGHT - DAYS * DAY_MS
# Every question begins a minute later than the one before: none is answered from the node's cache.
QUESTIONS: dict[str, tuple[dict[str, Any], tuple[Part, ...]]] = {
    "count by day": ({"measure": {"type": "count"}}, (Part("events"),)),
}


def run(report: Report) -> None:
    with TemporaryDirectory() as folder, running_node(Path(folder), heap="2g") as node:
        _index(node.url)
        ask = _function(node.url)
        for name, (measure, parts) in QUESTIONS.items():
            _measure(report, name, node.url, ask, measure, parts)
    report.note(f"{EVENTS:,} events of {DAYS} days, one shard a day, one node of 2 GB on the same machine; not merged.")


def _measure(
    report: Report, name: str, url: str, ask: Callable[[dict[str, Any]], None], measure: dict[str, Any], parts: Any
) -> None:
    pool = urllib3.PoolManager()
    ours, raw = [], []
    for turn in range(ROUNDS + 5):
        ours.append(_timed(ask, _range(2 * turn) | measure))
        raw.append(_timed(_search, pool, url, _raw_body(START + (2 * turn + 1) * MINUTE, parts)))
    ours, raw = ours[5:], raw[5:]  # the first ones warm both
    overhead = statistics.median(ours) - statistics.median(raw)
    reached = overhead <= REACH_OVERHEAD_MS
    report.add(
        f"{name}: p50 of the function",
        statistics.median(ours),
        "ms",
        rival="the same search sent raw",
        rival_value=statistics.median(raw),
        reach=f"≤ {REACH_OVERHEAD_MS} ms more ({overhead:+.1f})",
        met=reached if name == "count by day" else None,
    )
    p95 = statistics.quantiles(ours, n=20)[-1]
    rival = statistics.quantiles(raw, n=20)[-1]
    reach = f"< {REACH_P95_MS} ms" if name == "count by day" else ""
    met_p95 = p95 < REACH_P95_MS if reach else None
    report.add(f"{name}: p95", p95, "ms", rival="raw", rival_value=rival, reach=reach, met=met_p95)


def _timed(work: Callable[..., None], *arguments: Any) -> float:
    started = perf_counter()
    work(*arguments)
    return (perf_counter() - started) * 1000


def _range(minutes: int) -> dict[str, str]:
    begin = START + minutes * MINUTE
    return {"from": _moment(begin), "to": _moment(NIGHT), "interval": "day"}


def _moment(at: int) -> str:
    return rfc3339(at, zone_named("UTC"))


def _raw_body(begin: int, parts: tuple[Part, ...]) -> bytes:
    edges = boundaries(begin, NIGHT, Interval("day"), zone_named("UTC"), "monday")
    return orjson.dumps(only_of(TENANT, tally_body(Tally(tuple(edges), (), parts))))


def _search(pool: urllib3.PoolManager, url: str, body: bytes) -> None:
    parameters = "&".join(f"{name}={value}" for name, value in PARAMS.items())
    address = f"{url}/{event_days(START, NIGHT)}/_search?{parameters}"
    answer = pool.request("POST", address, body=body, headers={"Content-Type": "application/json"})
    assert orjson.loads(answer.data)["hits"]["total"]["value"] > 0


def _function(url: str) -> Callable[[dict[str, Any]], None]:
    search = OpenSearchEventSearch(connect(url, region="us-east-1", timeout_seconds=60))
    ask = query_function(TENANT, in_memory(OpenSearchEventReports(search), MemoryEventColumns()))

    def ask_series(body: dict[str, Any]) -> None:
        ask("timeseries", body)

    return ask_series


def _index(url: str) -> None:
    pool = urllib3.PoolManager()
    pool.request("PUT", f"{url}/_index_template/events", body=json.dumps(event_template(1, 0)), headers=JSON)
    for lines in batched(_lines(), EVENTS_A_BODY, strict=False):
        answer = pool.request("POST", f"{url}/_bulk?filter_path=errors", body=b"".join(lines), headers=JSON)
        assert orjson.loads(answer.data) == {"errors": False}
    pool.request("POST", f"{url}/events-*/_refresh")


def _lines() -> Iterator[bytes]:
    for number, (document_id, document) in enumerate(event_documents(EVENTS, people=300_000, tenants=1)):
        document["@timestamp"] = START + number * DAYS * DAY_MS // EVENTS
        yield bulk_lines(event_index(document["@timestamp"]), document_id, encode_document(document))


JSON = {"Content-Type": "application/json"}
