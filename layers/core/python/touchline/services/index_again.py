"""Puts archived events into the index: what is there already stays as it is."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Literal

import orjson

from touchline.domain.archive import ArchivedEvent, index_of_day
from touchline.errors import StoreUnavailable
from touchline.ports import EventIndex, ItemOutcome

BODY_BYTES = 5_000_000  # a `_bulk` body of 5 to 15 MB is what OpenSearch takes best
TRIES = 4
DELETED_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class IndexedAgain:
    created: int = 0
    already_there: int = 0
    refused: int = 0

    def __add__(self, other: "IndexedAgain") -> "IndexedAgain":
        return IndexedAgain(
            self.created + other.created, self.already_there + other.already_there, self.refused + other.refused
        )


def index_events(
    index: EventIndex, events: Iterable[ArchivedEvent], how: Literal["create", "index"] = "create"
) -> IndexedAgain:
    """`create` leaves what is there; `index` replaces it, unless the mapping refuses the event: then it stays.

    Raises StoreUnavailable where the index still pushes back after `TRIES`; running it again is harmless."""
    done = IndexedAgain()
    for portion in _portions(events):
        done += _index_portion(index, portion, how)
    return done


def delete_events(index: EventIndex, day: str, ids: Sequence[str]) -> int:
    """Delete documents of a day, which may be closed for writing or gone; how many were there."""
    name = index_of_day(day)
    return sum(_delete_portion(index, name, portion) for portion in batched(ids, DELETED_AT_ONCE, strict=False))


def _delete_portion(index: EventIndex, name: str, ids: Sequence[str]) -> int:
    try:
        return index.delete(name, ids)
    except StoreUnavailable:
        index.reopen(name)  # a closed day refuses; maintenance closes it again
        return index.delete(name, ids)


def _index_portion(index: EventIndex, portion: list[ArchivedEvent], how: str) -> IndexedAgain:
    done = IndexedAgain()
    for _ in range(TRIES):
        outcomes = index.bulk(b"".join([_bulk_lines(event, how) for event in portion]))
        done += _settled(outcomes)
        left = [(event, outcome) for event, outcome in zip(portion, outcomes, strict=True) if _is_open(outcome)]
        if not left:
            return done
        for name in {index_of_day(event.day) for event, outcome in left if outcome.kind == "blocked"}:
            index.reopen(name)
        portion = [event for event, _ in left]
    raise StoreUnavailable(f"The search store still does not take {len(portion)} events: {left[0][1].reason}")


def _is_open(outcome: ItemOutcome) -> bool:
    return outcome.kind in {"blocked", "retry"}


def _settled(outcomes: list[ItemOutcome]) -> IndexedAgain:
    kinds = Counter(outcome.kind for outcome in outcomes)
    return IndexedAgain(created=kinds["created"], already_there=kinds["duplicate"], refused=kinds["refused"])


def _bulk_lines(event: ArchivedEvent, how: str) -> bytes:
    action = orjson.dumps({how: {"_index": index_of_day(event.day), "_id": event.id}})
    return b"%b\n%b\n" % (action, event.document)


def _portions(events: Iterable[ArchivedEvent]) -> Iterator[list[ArchivedEvent]]:
    portion: list[ArchivedEvent] = []
    size = 0
    for event in events:
        portion.append(event)
        size += len(event.document)
        if size >= BODY_BYTES:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion
