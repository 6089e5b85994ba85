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
from touchline.adapters.memory.progress import MemoryProgress
from touchline.adapters.memory.tenants import MemoryApiKeys, MemoryTenants
from touchline.adapters.opensearch.event_days import event_days
from touchline.adapters.opensearch.event_search import PARAMS, only_of
from touchline.adapters.opensearch.tally_queries import tally_body
from touchline.adapters.opensearch.templates import event_template
from touchline.domain.api_keys import PresentedKey, fingerprint
from touchline.domain.event_documents import event_index
from touchline.domain.queries.buckets import boundaries
from touchline.domain.queries.cells import Part
from touchline.domain.queries.clock import rfc3339, zone_named
from touchline.domain.queries.intervals import Interval
from touchline.domain.queries.tally import Tally
from touchline.domain.tenancy import ApiKey, Tenant
from touchline.services.authenticate import KeyRing

from local.opensearch import running_node
from tests.benchmarks.documents import DAY_MS, NIGHT, event_documents
from tests.benchmarks.harness import Report

EVENTS = int(os.environ.get("BENCH_EVENTS", "5000000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "60"))
DAYS = 30
MINUTE = 60_000
EVENTS_A_BODY = 5_000
REACH_OVERHEAD_MS, REACH_P95_MS = 10, 300
TENANT = "tenant-0"
KEY = PresentedKey("bench", "secret")
START = NIGHT - DAYS * DAY_MS
ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "POWERTOOLS_METRICS_NAMESPACE": "Touchline",
    "POWERTOOLS_SERVICE_NAME": "query",
    "POWERTOOLS_METRICS_DISABLED": "true",
    "POWERTOOLS_LOG_LEVEL": "WARNING",
    **dict.fromkeys(("TENANTS_TABLE", "API_KEYS_TABLE", "PROGRESS_TABLE", "EVENTS_QUEUE_URL"), "bench"),
}
# Every question begins a minute later than the one before: none is answered from the node's cache.
QUESTIONS: dict[str, tuple[dict[str, Any], tuple[Part, ...]]] = {
    "count by day": ({"measure": {"type": "count"}}, (Part("events"),)),
    "unique actors by day": ({"measure": {"type": "unique_actors"}}, (Part("actors"),)),
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
    os.environ |= ENVIRONMENT | {"SEARCH_ENDPOINT": url}
    from query_api import handler, parts

    tenants, keys = MemoryTenants(), MemoryApiKeys()
    tenants.add(Tenant(TENANT, TENANT, "hash", b"k" * 32, 1_000, "UTC", "monday", 0))
    keys.add(ApiKey(KEY.id, TENANT, "bench", frozenset({"read"}), fingerprint(KEY.secret), 0))
    ring, progress = KeyRing(keys, tenants), MemoryProgress()
    handler.key_ring = lambda: ring  # type: ignore[assignment]
    parts.progress = lambda: progress  # type: ignore[assignment]

    def ask(body: dict[str, Any]) -> None:
        answer = handler.lambda_handler(_request(body), _Context())
        assert answer["statusCode"] == 200, answer["body"]

    return ask


class _Context:
    function_name, memory_limit_in_mb = "query", 512
    invoked_function_arn, aws_request_id = "arn:aws:lambda:us-east-1:000000000000:function:query", "1"


def _request(body: dict[str, Any]) -> dict[str, Any]:
    path = "/v1/queries/timeseries"
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"authorization": f"Bearer {KEY.text()}", "content-type": "application/json"},
        "requestContext": {"http": {"method": "POST", "path": path}, "stage": "$default", "requestId": "1"},
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }


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
