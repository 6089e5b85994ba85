"""The whole chain on the local system: rate without loss, and how soon an event can be found."""

import os
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import batched, islice

import orjson
import requests
from rich.console import Console
from touchline.domain.event_documents import DocumentIds

from local.demo.api import Api, connect
from local.folders import CHECKOUT, Folders
from local.progress import steps
from local.system import Running, System
from local.tenants import create_tenant
from tests.benchmarks.harness import Report
from tests.benchmarks.sample_events import api_events
from tests.books import archived_ids, indexed_events, wait_until_drained

SECONDS = int(os.environ.get("BENCH_SECONDS", "60"))
EVENTS_A_REQUEST = 500
CONNECTIONS = 3
REACH_RATE = 3_000
RATE = 4_000  # sent; the queue takes more than the index, and a backlog would be measured instead of the chain
FRESHNESS_RATE = 600
FRESHNESS_EVENTS_A_REQUEST = 60
REACH_FRESHNESS_SECONDS = 5
PUBLISHED_AVERAGE = 579  # events/s: 50 M on the busiest day of the best-known system of this kind


def measure(report: Report) -> None:
    system = System(Folders(CHECKOUT / ".local" / "bench"))
    system.wipe()  # what an earlier run left on the queue would be this one's work
    try:
        with steps(Console()) as shown:
            running = system.up(shown)
        _rate(report, running)
        _freshness(report, running)
    finally:
        system.down()


def _rate(report: Report, running: Running) -> None:
    tenant, keys = _tenant(running)
    api = connect(running.api_url, keys["ingest"])
    parts = [
        [orjson.dumps(event) for event in part]
        for part in batched(api_events(RATE * SECONDS, until=datetime.now(UTC), days=3), EVENTS_A_REQUEST, strict=True)
    ]
    began = time.monotonic()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        answers = []
        for number, part in enumerate(parts):
            time.sleep(max(0, began + number * EVENTS_A_REQUEST / RATE - time.monotonic()))
            answers.append(pool.submit(api.send_events, part))
        accepted = sum(answer.result()["accepted"] for answer in answers)
    sent_in = time.monotonic() - began
    wait_until_drained(running)
    drained_in = time.monotonic() - began
    indexed, archived = indexed_events(running, tenant), len(archived_ids(running, tenant))
    lost = accepted - min(indexed, archived)
    rate = accepted / drained_in
    report.add(
        "whole chain, from the first request to the drained queue", rate, "events/s", rival="published, busiest day",
        rival_value=PUBLISHED_AVERAGE, reach=f">= {REACH_RATE} for {SECONDS} s",
        met=rate >= REACH_RATE,
    )  # fmt: skip
    report.add("events accepted by receipt", accepted, "events", rival="found in the index", rival_value=indexed)
    report.add(
        "events accepted by receipt", accepted, "events", rival="found in the archive", rival_value=archived,
        reach="nothing lost", met=lost == 0 and indexed == archived == accepted,
    )  # fmt: skip
    report.note(
        f"Whole chain: {RATE:,} events/s in batches of {EVENTS_A_REQUEST} for {sent_in:.0f} s; the queue was "
        f"empty {drained_in - sent_in:.1f} s later. API, functions, queue, tables, S3, OpenSearch and the sender share "
        "the machine."
    )


def _freshness(report: Report, running: Running) -> None:
    tenant, keys = _tenant(running)
    api = connect(running.api_url, keys["ingest"])
    watcher = _Watcher(running, tenant)
    parts = batched(_live_events(FRESHNESS_RATE * SECONDS), FRESHNESS_EVENTS_A_REQUEST, strict=True)
    watching = threading.Thread(target=watcher.watch)
    watching.start()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        began = time.monotonic()
        for number, part in enumerate(parts):
            due = began + number * FRESHNESS_EVENTS_A_REQUEST / FRESHNESS_RATE
            time.sleep(max(0, due - time.monotonic()))
            pool.submit(_send_one, api, list(part), watcher)
    watcher.finish()
    watching.join()
    taken = sorted(watcher.seconds)
    p95 = taken[int(len(taken) * 0.95)]
    report.add(
        f"freshness at {FRESHNESS_RATE} events/s, receipt to searchable, p95", p95, "s", rival="p50",
        rival_value=statistics.median(taken), reach=f"<= {REACH_FRESHNESS_SECONDS}", met=p95 <= REACH_FRESHNESS_SECONDS,
    )  # fmt: skip
    report.note(
        f"Freshness: requests of {FRESHNESS_EVENTS_A_REQUEST} events; the last event of each of {len(taken)} requests "
        "was looked for by search every 0.1 s from its receipt; the index's own refresh included."
    )


def _send_one(api: Api, lines: list[bytes], watcher: "_Watcher") -> None:
    receipts = api.send_events(lines)["receipts"]
    watcher.expect(receipts[-1]["id"])


def _live_events(number: int) -> Iterator[bytes]:
    """With the time of sending, so that all go to today's index."""
    for event in islice(api_events(number, until=datetime.now(UTC), days=1, seed=2), number):
        event.pop("timestamp")
        yield orjson.dumps(event)


class _Watcher:
    """Looks for expected events in the index, as a search does, and notes how long each took to appear."""

    def __init__(self, running: Running, tenant: str) -> None:
        self.seconds: list[float] = []
        self._url = f"{running.search_url}/events-*/_search?filter_path=hits.hits._source.id"
        self._ids = DocumentIds(tenant)
        self._expected: dict[str, float] = {}
        self._guard = threading.Lock()
        self._finished = False

    def expect(self, event_id: str) -> None:
        with self._guard:
            self._expected[event_id] = time.monotonic()

    def finish(self) -> None:
        self._finished = True

    def watch(self) -> None:
        session = requests.Session()
        gone_quiet = time.monotonic() + SECONDS + 60
        while not (self._finished and not self._expected):
            if time.monotonic() > gone_quiet:
                raise RuntimeError(f"{len(self._expected)} events were never found")
            with self._guard:
                wanted = list(self._expected)
            if wanted:
                ids = [self._ids.of(each.encode()) for each in wanted]
                query = {"size": len(wanted), "query": {"ids": {"values": ids}}}
                answer = session.post(self._url, json=query, timeout=30).json()
                self._found([hit["_source"]["id"] for hit in answer.get("hits", {}).get("hits", [])])
            time.sleep(0.1)

    def _found(self, event_ids: list[str]) -> None:
        now = time.monotonic()
        with self._guard:
            for event_id in event_ids:
                self.seconds.append(now - self._expected.pop(event_id))


def _tenant(running: Running) -> tuple[str, dict[str, str]]:
    """A new one, so that each measurement counts its own."""
    tenant = f"bench-{time.time_ns()}"
    return tenant, create_tenant(running, tenant, events_per_second=50_000)
