"""Retention as it is defined, person by person and period by period."""

from collections import defaultdict
from collections.abc import Iterator

from touchline.domain.sequences.retention import RETURN, START, Bracket, Grid, Retention
from touchline.domain.sequences.rows import EventRows

type Event = tuple[int, int, int]  # row, time, marks


def naive_retention(
    asked: Retention, grid: Grid, rows: EventRows, begun_before: set[int]
) -> dict[tuple[int, int], list[bool]]:
    """By person and cohort: whether they came back in each of the columns."""
    own: dict[int, list[Event]] = defaultdict(list)
    for row in range(len(rows)):
        own[int(rows.people[row])].append((row, int(rows.at[row]), int(rows.marks[row])))
    return {
        (person, _bucket(grid, start[1])): [_is_back(asked, grid, start, events, one) for one in asked.brackets]
        for person, events in own.items()
        for start in _starts(asked, grid, events, begun_before=person in begun_before)
    }


def _bucket(grid: Grid, at: int) -> int:
    return max(number for number, edge in enumerate(grid.edges) if edge <= at)


def _starts(asked: Retention, grid: Grid, events: list[Event], *, begun_before: bool) -> Iterator[Event]:
    span = asked.scope.span
    found = [one for one in events if one[2] >> START & 1 and span.start <= one[1] < span.end]
    if asked.entry == "first_ever" and begun_before:
        return
    if asked.entry != "every":
        found = found[:1]
    seen = set()
    for one in found:
        if _bucket(grid, one[1]) not in seen:
            seen.add(_bucket(grid, one[1]))
            yield one


def _is_back(asked: Retention, grid: Grid, start: Event, events: list[Event], bracket: Bracket) -> bool:
    for row, at, marks in events:
        if row > start[0] and marks >> RETURN & 1:
            if asked.clock == "rolling":
                period = (at - start[1]) // asked.rolling_ms
            else:
                period = _bucket(grid, at) - _bucket(grid, start[1])
            if bracket.first <= period <= bracket.last:
                return True
    return False
