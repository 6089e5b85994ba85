"""Which layout of a day's index costs least: bytes an event after merging, and the rate of indexing."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import orjson
import requests
from touchline.adapters.opensearch.templates import event_template

from local.opensearch import running_node
from tests.benchmarks.documents import bulk_bodies, event_documents
from tests.benchmarks.harness import Report

EVENTS = int(os.environ.get("BENCH_EVENTS", "200000"))
PASSES = int(os.environ.get("BENCH_PASSES", "2"))  # the better one counts: other work on the machine only ever slows
REACH_BYTES = 400
type Layout = dict[str, Any]
type Document = dict[str, Any]


def run(report: Report) -> None:
    documents = list(event_documents(EVENTS))
    size = sum(len(orjson.dumps(document)) for _, document in documents) / EVENTS
    report.add("an event as sent to the index", size, "B of JSON")
    with TemporaryDirectory() as folder, running_node(Path(folder), heap="1g") as node:
        _measure(node.url, "warm-up", _chosen(), documents[: EVENTS // 4])
        figures: dict[str, tuple[float, float]] = {}
        for _ in range(PASSES):
            for name, (layout, rewrite) in _layouts().items():
                rate, disk = _measure(node.url, name, layout, [(id, rewrite(document)) for id, document in documents])
                figures[name] = max(rate, figures.get(name, (0.0, 0.0))[0]), disk
    _tell(report, figures)


def _tell(report: Report, figures: dict[str, tuple[float, float]]) -> None:
    chosen_rate, chosen_disk = figures["chosen"]
    report.add(
        "disk, chosen", chosen_disk, "B/event", rival="published figure of its kind", rival_value=755,
        reach=f"<= {REACH_BYTES}", met=chosen_disk <= REACH_BYTES,
    )  # fmt: skip
    report.add("rate, chosen", chosen_rate, "events/s")
    for name, (rate, disk) in figures.items():
        if name != "chosen":
            report.add(f"disk, {name}", disk, "B/event", rival="chosen", rival_value=chosen_disk)
            report.add(f"rate, {name}", rate, "events/s", rival="chosen", rival_value=chosen_rate)
    report.note(
        f"{EVENTS:,} events of one day, 4 tenants; OpenSearch 2.19.4, one node, 1 GB heap; bodies of 5,000 over "
        f"2 connections, the best of {PASSES} passes; disk after a merge to one segment a shard."
    )


def _chosen() -> Layout:
    return event_template(1, 0)["template"]


def _layouts() -> dict[str, tuple[Layout, Callable[[Document], Document]]]:
    """Each differs from the chosen one in what its name says."""

    def settings(**changes: Any) -> Layout:
        layout = deepcopy(_chosen())
        layout["settings"]["index"] |= changes
        return layout

    def fields(**changes: Any) -> Layout:
        layout = deepcopy(_chosen())
        layout["mappings"]["properties"] |= changes
        return layout

    unsorted = deepcopy(_chosen())
    del unsorted["settings"]["index"]["sort"]
    keyword = {"type": "keyword"}
    return {
        "chosen": (_chosen(), _as_it_is),
        "codec default": (settings(codec="default"), _as_it_is),
        "not sorted": (unsorted, _as_it_is),
        "sorted by tenant, time": (settings(sort={"field": ["tenant", "@timestamp"], "order": ["asc"] * 2}), _as_it_is),
        "sorted by tenant, action, time": (
            settings(sort={"field": ["tenant", "action", "@timestamp"], "order": ["asc"] * 3}),
            _as_it_is,
        ),
        "sorted by tenant, actor, time": (
            settings(sort={"field": ["tenant", "actor.id", "@timestamp"], "order": ["asc"] * 3}),
            _as_it_is,
        ),
        "id searchable and sortable": (fields(id=keyword), _as_it_is),
        "properties as flat_object": (fields(properties={"type": "flat_object"}), _with_flat_properties),
        "2 shards": (settings(number_of_shards=2), _as_it_is),
    }


def _as_it_is(document: Document) -> Document:
    return document


def _with_flat_properties(document: Document) -> Document:
    pairs = (entry.split("=", 1) for entry in document["properties"])
    return {**document, "properties": {key.rstrip(":"): value for key, value in pairs}}


def _measure(url: str, name: str, layout: Layout, documents: list[tuple[str, Document]]) -> tuple[float, float]:
    """Events a second, and bytes an event once merged."""
    index = "bench-" + name.replace(" ", "-").replace(",", "")
    bodies = bulk_bodies(index, documents)
    with requests.Session() as session:
        _ask(session, "PUT", f"{url}/{index}", layout)
        began = perf_counter()
        with ThreadPoolExecutor(2) as pool:
            answers = pool.map(lambda body: _ask(session, "POST", f"{url}/_bulk?filter_path=errors", body), bodies)
            if any(answer["errors"] for answer in answers):
                raise RuntimeError(f"{name}: documents were refused")
        seconds = perf_counter() - began
        _ask(session, "POST", f"{url}/{index}/_forcemerge?max_num_segments=1&flush=true")
        _ask(session, "POST", f"{url}/{index}/_refresh")
        _ask(session, "POST", f"{url}/{index}/_flush?force=true")
        size = _ask(session, "GET", f"{url}/{index}/_segments")
        _ask(session, "DELETE", f"{url}/{index}")
    return len(documents) / seconds, _segment_bytes(size) / len(documents)


def _segment_bytes(answer: dict[str, Any]) -> int:
    """From the segments themselves: the store's own figure is cached, and counts files that wait for deletion."""
    shards = [copy for index in answer["indices"].values() for copies in index["shards"].values() for copy in copies]
    return sum(segment["size_in_bytes"] for shard in shards for segment in shard["segments"].values())


def _ask(session: requests.Session, method: str, url: str, body: Any = None) -> dict[str, Any]:
    data = body if isinstance(body, bytes) else None if body is None else orjson.dumps(body)
    answer = session.request(method, url, data=data, headers={"content-type": "application/json"}, timeout=600)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found
