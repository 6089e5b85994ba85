"""Answers that are given again while nothing of what they were made of has changed.

An answer is remembered with the stretches of time that it read, each with the version of the events in it (which days
and batches, who is who), and given again only where all of these are the same. So a late event, a compaction that
changed a day and a merge are never missed. Not remembered is what read anything else than events (the live index,
goals, spend), and what reaches to the present, which time alone changes. See docs/decisions/caching.md.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, fields, replace
from threading import Lock
from typing import Any, Final

from touchline.domain.queries.ranges import TimeRange
from touchline.ports import EventColumns
from touchline.services.sources import Sources

type Facts = dict[str, Any]

MOST_ANSWERS: Final = 200
# An answer that is larger is rare and seldom asked twice; this bounds the memory.
LARGEST_BYTES: Final = 200_000


@dataclass(slots=True)
class Reading:
    """What an answer read: the version of each stretch before it was read, and until when all events were in."""

    columns: EventColumns
    tenant: str
    versions: dict[TimeRange, str] = field(default_factory=dict)
    as_of: int | None = None
    beyond: bool = False  # something else than events of stretches of time

    def note(self, *spans: TimeRange) -> None:
        for span in spans:
            if span not in self.versions:
                self.versions[span] = self.columns.version(self.tenant, span)

    def same(self) -> bool:
        return all(self.columns.version(self.tenant, span) == old for span, old in self.versions.items())

    def settled(self) -> bool:
        """Over, with everything in: nothing but a change of the events can change the answer."""
        as_of = self.as_of
        return not self.beyond and as_of is not None and all(span.end < as_of for span in self.versions)


class _Columns:
    """EventColumns whose reader is noted."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def rows(self, tenant: str, question: Any) -> Any:
        segment = question.segment
        self._reading.note(question.span, *(one.span for one in segment.conditions) if segment else ())
        return self._reading.columns.rows(tenant, question)

    def extent(self, tenant: str, span: TimeRange) -> Any:
        self._reading.note(span)
        found = self._reading.columns.extent(tenant, span)
        as_of = self._reading.as_of
        self._reading.as_of = found.as_of if as_of is None else min(as_of, found.as_of)
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(_Beyond(self._reading.columns, self._reading), name)


class _Beyond:
    """Any other source: whoever touches it is noted."""

    def __init__(self, inner: Any, reading: Reading) -> None:
        self._inner = inner
        self._reading = reading

    def __getattr__(self, name: str) -> Any:
        self._reading.beyond = True
        return getattr(self._inner, name)


@dataclass(frozen=True, slots=True)
class Remembered:
    facts: bytes
    versions: Mapping[TimeRange, str]
    at: int  # epoch ms, when it was computed


class RememberedAnswers:
    """Of one process; the least recently asked for are forgotten. Packed, so that nobody changes another's answer."""

    def __init__(self, pack: Callable[[Facts], bytes], unpack: Callable[[bytes], Facts]) -> None:
        self._pack = pack
        self._unpack = unpack
        self._kept: OrderedDict[Hashable, Remembered] = OrderedDict()
        self._lock = Lock()

    def answer(
        self, key: Hashable, tenant: str, sources: Sources, now: int, solve: Callable[[Sources], Facts]
    ) -> tuple[Facts, int]:
        """And when it was computed (epoch ms). `key` holds all of the question, of the tenant, and of the clock."""
        kept = self._kept.get(key)
        if kept is not None and Reading(sources.columns, tenant, dict(kept.versions)).same():
            with self._lock:
                self._kept[key] = kept
                self._kept.move_to_end(key)
            return self._unpack(kept.facts), kept.at
        reading = Reading(sources.columns, tenant)
        facts = solve(_watched(sources, reading))
        if reading.settled() and reading.same():
            self._keep(key, Remembered(self._pack(facts), reading.versions, now))
        return facts, now

    def _keep(self, key: Hashable, made: Remembered) -> None:
        if len(made.facts) > LARGEST_BYTES:
            return
        with self._lock:
            self._kept[key] = made
            self._kept.move_to_end(key)
            while len(self._kept) > MOST_ANSWERS:
                self._kept.popitem(last=False)


def _watched(sources: Sources, reading: Reading) -> Sources:
    watched: Any = {one.name: _Beyond(getattr(sources, one.name), reading) for one in fields(sources)}
    return replace(sources, **watched | {"columns": _Columns(reading)})
