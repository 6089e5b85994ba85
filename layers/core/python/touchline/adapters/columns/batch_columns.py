"""Batches that no day has yet as columns, a table a day: each event is read once, and only numbers of it are kept.

Without a database: of the few hundred events that come between two questions, its start costs more than they do
(docs/decisions/sequences.md).
"""

import re
from array import array
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import orjson
import zstandard

from touchline.adapters.columns.layout import EVENTS
from touchline.adapters.columns.making import (
    Entries,
    Numbers,
    Placing,
    Texts,
    event_columns,
    id_bytes,
    property_columns,
)
from touchline.adapters.columns.packing import MadeColumns
from touchline.domain.archive import day_of_index, start_of_day
from touchline.domain.properties import escaped_key
from touchline.domain.queries.fields import TEXT_FIELDS

type Document = dict[str, Any]

# The action line of an event, of `_bulk` bodies as we write them.
ACTION: Final = re.compile(rb'\{"create":\{"_index":"(events-[^"]+)","_id":"([^"]+)"\}\}\n')
ACTOR: Final = "actor.id"
PLACES: Final = {name: (name.partition(".")[0], name.partition(".")[2]) for name in TEXT_FIELDS if name != ACTOR}
NOTHING: Final[Document] = {}


def batch_days(tenant: str, bodies: Sequence[bytes | memoryview], kind: str = EVENTS) -> dict[str, MadeColumns]:
    """The tenant's events of several batches by day: EVENTS with ORDER and with BATCH, which says what batch each came
    with, or PROPERTIES."""
    days: dict[str, _EventsOfDay | _PropertiesOfDay] = {}
    for number, body in enumerate(bodies):
        for index, document_id, document in _documents(tenant, body):
            day = day_of_index(index.decode())
            if day is not None:
                if day not in days:
                    days[day] = _EventsOfDay() if kind == EVENTS else _PropertiesOfDay()
                days[day].add(document_id, number, orjson.loads(document))
    return {day: days[day].made(start_of_day(day)) for day in sorted(days)}


def _documents(tenant: str, body: bytes | memoryview) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Each of the tenant's documents with its index and `_id` in front.

    Others' are left out before they cost anything: a document names its tenant in these bytes, and has them nowhere
    else, since quotes inside of text are escaped.
    """
    with zstandard.ZstdDecompressor().stream_reader(body, read_across_frames=True) as frames:
        text = frames.read()
    its_own = b'"tenant":%b' % orjson.dumps(tenant)
    at = text.find(its_own)
    while at >= 0:
        begin, end = text.rfind(b"\n", 0, at) + 1, text.find(b"\n", at)
        action = ACTION.match(text, text.rfind(b"\n", 0, begin - 1) + 1)
        if action is not None:
            yield action[1], action[2], text[begin:end]
        at = text.find(its_own, end)


class _Coding:
    """Texts as they come, each different one once."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}
        self.codes = array("q")

    def add(self, value: str | None) -> None:
        self.codes.append(0 if value is None else self.known.setdefault(value, len(self.known) + 1))

    def texts(self) -> Texts:
        values = sorted(self.known)
        places = np.zeros(len(values) + 1, np.int64)
        places[[self.known[value] for value in values]] = np.arange(1, len(values) + 1)
        return Texts(values, places[_numbers(self.codes)])


class _Day:
    """What says where the rows of a day's events are."""

    def __init__(self) -> None:
        self._at, self._sequences = array("q"), array("q")
        self._ids: list[bytes] = []
        self._actors = _Coding()

    def add(self, document_id: bytes, batch: int, document: Document) -> None:
        self._at.append(document["@timestamp"])
        self._sequences.append(document["sequence"])
        self._ids.append(document_id)
        self._actors.add(document["actor"]["id"])

    def placing(self) -> Placing:
        return Placing(_numbers(self._at), _numbers(self._sequences), id_bytes(self._ids), self._actors.texts())


class _EventsOfDay(_Day):
    def __init__(self) -> None:
        super().__init__()
        self._texts = {name: _Coding() for name in PLACES}
        self._fields = [(part, member, self._texts[name].add) for name, (part, member) in PLACES.items()]
        self._amounts, self._batches = array("q"), array("q")
        self._any_amount = False

    def add(self, document_id: bytes, batch: int, document: Document) -> None:
        super().add(document_id, batch, document)
        self._batches.append(batch)
        for part, member, add in self._fields:
            add(document.get(part, NOTHING).get(member) if member else document.get(part))
        amount = document.get("value", NOTHING).get("amount_e4")
        self._any_amount |= amount is not None
        self._amounts.append(amount or 0)

    def made(self, day_start: int) -> MadeColumns:
        texts = {name: coding.texts() for name, coding in self._texts.items()}
        amounts = _numbers(self._amounts) if self._any_amount else None
        return event_columns(self.placing(), texts, day_start, amounts=amounts, batches=_numbers(self._batches))


class _PropertiesOfDay(_Day):
    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, int] = {}
        self._events, self._entries = array("q"), array("q")

    def add(self, document_id: bytes, batch: int, document: Document) -> None:
        event = len(self._ids)
        super().add(document_id, batch, document)
        for entry in set(document.get("properties", ())):
            self._events.append(event)
            self._entries.append(self._known.setdefault(entry, len(self._known)))

    def made(self, day_start: int) -> MadeColumns:
        by_key = sorted((escaped_key(entry), entry) for entry in self._known)
        places = np.zeros(len(by_key), np.int64)
        places[[self._known[entry] for _, entry in by_key]] = np.arange(len(by_key))
        numbers = places[_numbers(self._entries)]
        order = np.argsort(numbers, kind="stable")
        keys, entries = [key for key, _ in by_key], [entry for _, entry in by_key]
        return property_columns(self.placing(), Entries(keys, entries, _numbers(self._events)[order], numbers[order]))


def _numbers(values: array[int]) -> Numbers:
    return np.frombuffer(values, np.int64) if len(values) else np.zeros(0, np.int64)
