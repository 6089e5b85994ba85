"""How a local system is: its parts, its queues, its events."""

from dataclasses import dataclass
from typing import Literal

import requests

from local.state import State
from local.system import Running, System

Condition = Literal["healthy", "stopped", "killed", "silent"]


@dataclass(frozen=True, slots=True)
class PartStatus:
    name: str
    condition: Condition
    pid: int | None
    port: int | None
    url: str


def look_at_parts(system: System, memory: State) -> list[PartStatus]:
    found = []
    for part in system.parts(memory):
        process, port = memory.processes.get(part.name), memory.ports.get(part.name)
        condition: Condition = "stopped" if process is None else "killed"
        if process and process.alive():
            condition = "healthy" if part.answers(port or 0) else "silent"
        pid = process.pid if process and condition not in ("stopped", "killed") else None
        found.append(PartStatus(part.name, condition, pid, port, memory.urls.get(part.name, "")))
    return found


def count(running: Running) -> dict[str, int]:
    return {
        "events": count_documents(running, "events-*"),
        "rejected events": count_documents(running, "rejected-*"),
        "messages in queue": queue_depth(running, "EventsQueueUrl"),
        "dead letters": queue_depth(running, "DeadLettersUrl"),
    }


def count_documents(running: Running, indices: str) -> int:
    url = f"{running.search_url}/{indices}/_count?ignore_unavailable=true"
    answer = requests.get(url, timeout=10)
    answer.raise_for_status()
    return int(answer.json()["count"])


def queue_depth(running: Running, output: str) -> int:
    """Waiting and being worked on."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    queue = running.outputs[output]
    told = running.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return sum(int(told[name]) for name in names)
