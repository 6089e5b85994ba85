"""Counts what was promised and what is there, in every store: in = indexed + set aside, and the archive has it all."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import requests
import zstandard

from local.system import Running

QUIET_READINGS = 3  # SQS counts are approximate: empty once may be a message on its way


def wait_until_drained(running: Running, seconds: float = 180) -> None:
    """Until no message waits or is being worked on."""
    queue = running.client("sqs")
    quiet, until = 0, time.monotonic() + seconds
    while quiet < QUIET_READINGS:
        waiting = messages(queue, running.outputs["EventsQueueUrl"])
        quiet = quiet + 1 if waiting == 0 else 0
        if time.monotonic() > until:
            raise TimeoutError(f"{waiting} messages still wait after {seconds} s")
        time.sleep(0.2)


def messages(queue: Any, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    told = queue.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(told[name]) for name in names)


def dead_letters(running: Running) -> int:
    return messages(running.client("sqs"), running.outputs["DeadLettersUrl"])


@dataclass(frozen=True, slots=True)
class Indexed:
    documents: int
    ids: frozenset[str]

    @property
    def duplicated(self) -> int:
        return self.documents - len(self.ids)


def indexed_ids(running: Running, tenant: str, family: str = "events") -> Indexed:
    """Every document of the tenant, page by page."""
    url = running.search_url
    requests.post(f"{url}/{family}-*/_refresh", timeout=60).raise_for_status()
    found: list[str] = []
    query = {
        "size": 10_000,
        "query": {"term": {"tenant": tenant}},
        "_source": ["id"],
        "sort": ["_doc"],
    }
    answer = requests.post(f"{url}/{family}-*/_search?scroll=1m", json=query, timeout=60).json()
    while answer["hits"]["hits"]:
        found += [hit["_id"] for hit in answer["hits"]["hits"]]
        more = {"scroll": "1m", "scroll_id": answer["_scroll_id"]}
        answer = requests.post(f"{url}/_search/scroll", json=more, timeout=60).json()
    requests.delete(f"{url}/_search/scroll", json={"scroll_id": answer["_scroll_id"]}, timeout=60)
    return Indexed(len(found), frozenset(found))


def indexed_events(running: Running, tenant: str) -> int:
    url = f"{running.search_url}/events-*"
    requests.post(f"{url}/_refresh", timeout=60).raise_for_status()
    query = {"query": {"term": {"tenant": tenant}}}
    return int(requests.post(f"{url}/_count", json=query, timeout=60).json()["count"])


def archived_ids(running: Running, tenant: str) -> frozenset[str]:
    """`_id`s of the tenant's events in the batches as they came."""
    return frozenset(
        action["create"]["_id"]
        for action, document in _archived(running)
        if action["create"]["_index"].startswith("events-") and document["tenant"] == tenant
    )


def _archived(running: Running) -> Iterator[tuple[Any, Any]]:
    s3, bucket = running.client("s3"), running.outputs["ArchiveBucket"]
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="batches/"):
        for found in page.get("Contents", []):
            body = s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read()
            with zstandard.ZstdDecompressor().stream_reader(body, read_across_frames=True) as frames:
                lines = frames.read().splitlines()
            yield from zip(map(orjson.loads, lines[::2]), map(orjson.loads, lines[1::2]), strict=True)
