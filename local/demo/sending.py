"""Sends the sample data through the API over a few connections, and keeps the books."""

from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import batched
from typing import Any

from local.demo.api import Api
from local.progress import Step

EVENTS_A_REQUEST = 2_000
CONNECTIONS = 3


@dataclass(slots=True)
class Books:
    """What the API said about what it was sent."""

    requests: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def enter(self, answer: dict[str, Any]) -> None:
        self.requests += 1
        self.accepted += answer["accepted"]
        self.duplicates += answer["duplicates"]
        self.rejected += answer["rejected"]
        if answer["rejected"]:
            receipts = (receipt for receipt in answer["receipts"] if receipt["status"] == "rejected")
            self.reasons.update(f"{receipt['code']} ({receipt.get('field') or 'event'})" for receipt in receipts)

    @property
    def events(self) -> int:
        return self.accepted + self.duplicates + self.rejected


def send(lines: Iterable[bytes], api: Api, expected: int, step: Step) -> Books:
    books = Books()
    for answer in _answers(lines, api):
        books.enter(answer)
        step.reach(books.events, max(expected, books.events), f"{books.events:,}")
    return books


def _answers(lines: Iterable[bytes], api: Api) -> Iterator[dict[str, Any]]:
    """Makes the next request while the last ones are on their way, and never more than one a connection ahead."""
    under_way: set[Future[dict[str, Any]]] = set()
    with ThreadPoolExecutor(CONNECTIONS) as connections:
        for batch in batched(lines, EVENTS_A_REQUEST, strict=False):
            under_way.add(connections.submit(api.send_events, list(batch)))
            if len(under_way) > CONNECTIONS:
                done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        yield from (future.result() for future in under_way)
