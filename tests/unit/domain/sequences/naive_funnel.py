"""A funnel as it is defined, by trying every chain there is: slow, and easy to believe."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, product
from typing import Any

from touchline.domain.sequences.funnels import Funnel
from touchline.domain.sequences.rows import EventRows


@dataclass(frozen=True)
class Event:
    row: int
    at: int
    marks: int
    held: tuple[tuple[Any, ...], ...]

    def has(self, mark: int) -> bool:
        return bool(self.marks >> mark & 1)


@dataclass(frozen=True)
class Found:
    level: int
    at: tuple[int, ...]  # of required steps
    open: bool
    dropped: bool


def naive_chains(funnel: Funnel, rows: EventRows, begun_before: set[int], as_of: int) -> dict[int, Found]:
    events = [
        (int(rows.people[n]), Event(n, int(rows.at[n]), int(rows.marks[n]), _held(funnel, rows, n)))
        for n in range(len(rows))
    ]
    found = {}
    for person, own in groupby(events, key=lambda pair: pair[0]):
        one = _person(funnel, [event for _, event in own], as_of, begun_before=person in begun_before)
        if one is not None:
            found[person] = one
    return found


def _held(funnel: Funnel, rows: EventRows, row: int) -> tuple[tuple[Any, ...], ...]:
    return tuple(rows.fields[field.name].of(row) for field in funnel.held)


def _person(funnel: Funnel, events: list[Event], as_of: int, *, begun_before: bool) -> Found | None:
    starts = _starts(funnel, events, begun_before=begun_before)
    if not starts:
        return None
    chains = [chain for start in starts for chain in _chains(funnel, events, start)]
    longest = max(len(chain) for chain in chains)
    best = min((c for c in chains if len(c) == longest), key=lambda c: [event.row for event in c])
    finished = longest == len(funnel.required)
    still = any(_is_open(funnel, events, start, as_of) for start in starts)
    return Found(
        longest, tuple(e.at for e in best), still and not finished, _is_dropped(funnel, events, best, finished=finished)
    )


def _starts(funnel: Funnel, events: list[Event], *, begun_before: bool) -> list[Event]:
    begin = funnel.required if funnel.mode == "any_order" else funnel.required[:1]
    span = funnel.scope.span
    found = [e for e in events if span.start <= e.at < span.end and any(e.has(step) for step in begin)]
    found = [e for e in found if all(e.held)]
    if funnel.entry != "any":
        found = found[:1]
    return [] if funnel.entry == "first_ever" and begun_before else found


def _chains(funnel: Funnel, events: list[Event], start: Event) -> Iterator[list[Event]]:
    for values in product(*start.held) if funnel.held else [()]:
        if funnel.mode == "any_order":
            yield _growing(funnel, [e for e in events if _fits(funnel, events, start, e, values)], start)
        else:
            yield from _extend(funnel, events, [start], values)


def _fits(funnel: Funnel, events: list[Event], start: Event, event: Event, values: tuple[Any, ...]) -> bool:
    stops = [e for e in events if any(e.has(mark) for mark in funnel.excluding("stop_chain"))]
    return (
        event.at - start.at <= funnel.window
        and all(value in some for value, some in zip(values, event.held, strict=True))
        and not any(start.row < stop.row < event.row for stop in stops)
    )


def _extend(funnel: Funnel, events: list[Event], chain: list[Event], values: tuple[Any, ...]) -> Iterator[list[Event]]:
    yield chain
    if len(chain) == len(funnel.required):
        return
    after = [event for event in events if event.row > chain[-1].row]
    for event in after[:1] if funnel.mode == "strict" else after:
        if event.has(funnel.required[len(chain)]) and _fits(funnel, events, chain[0], event, values):
            yield from _extend(funnel, events, [*chain, event], values)


def _growing(funnel: Funnel, fitting: list[Event], start: Event) -> list[Event]:
    """The events at which one more different step can have been done, of all ways to give steps events of their own."""
    later = [event for event in fitting if event.row > start.row]
    ways = [[start, *way] for first in funnel.required if start.has(first) for way in _ways(funnel, later, {first})]
    sizes = range(1, max(map(len, ways)) + 1)
    return [min((way[size - 1] for way in ways if len(way) >= size), key=lambda e: e.row) for size in sizes]


def _ways(funnel: Funnel, events: list[Event], done: set[int]) -> Iterator[list[Event]]:
    yield []
    for place, event in enumerate(events):
        for step in set(funnel.required) - done:
            if event.has(step):
                for way in _ways(funnel, events[place + 1 :], done | {step}):
                    yield [event, *way]


def _is_open(funnel: Funnel, events: list[Event], start: Event, as_of: int) -> bool:
    until = start.at + funnel.window
    stops = [e for e in events if any(e.has(mark) for mark in funnel.excluding("stop_chain"))]
    if until < as_of or any(e.row > start.row and e.at <= until for e in stops):
        return False
    if funnel.mode != "strict":
        return True
    longest = max(_chains(funnel, events, start), key=len)
    return longest[-1].row == events[-1].row


def _is_dropped(funnel: Funnel, events: list[Event], best: list[Event], *, finished: bool) -> bool:
    drops = [e for e in events if any(e.has(m) for m in funnel.excluding("drop_person")) and e.row > best[0].row]
    if finished:
        return any(e.row < best[-1].row for e in drops)
    return any(e.at <= best[0].at + funnel.window for e in drops)
