"""Paths as they are defined, event after event of one person at a time."""

from itertools import groupby
from typing import Any

from touchline.domain.sequences.paths import Paths
from touchline.domain.sequences.rows import EventRows

type Event = tuple[int, int, int, Any]  # row, time, marks, label


def naive_walks(paths: Paths, rows: EventRows, as_of: int) -> list[tuple[int, list[Any]]]:
    """Each path's person and labels, with "end" or "open" where it is over before its depth."""
    coded = rows.fields[paths.field.name]
    events = [(int(rows.people[n]), (n, int(rows.at[n]), int(rows.marks[n]), coded.of(n))) for n in range(len(rows))]
    found = []
    for person, own in groupby(events, key=lambda pair: pair[0]):
        mine = [event for _, event in own]
        for session, begin in _begins(paths, mine):
            found.append((person, _walk(paths, mine, session, begin, as_of)))
    return found


def _sessions(paths: Paths, events: list[Event]) -> list[list[Event]]:
    sessions: list[list[Event]] = []
    for event in events:
        if sessions and (paths.gap is None or event[1] - sessions[-1][-1][1] <= paths.gap):
            sessions[-1].append(event)
        else:
            sessions.append([event])
    return sessions


def _begins(paths: Paths, events: list[Event]) -> list[tuple[list[Event], Event]]:
    span, found = paths.scope.span, []
    for session in _sessions(paths, events):
        inside = [event for event in session if span.start <= event[1] < span.end]
        if paths.anchor is not None:
            found += [(session, event) for event in inside if event[2] & 1]
        elif inside:
            found.append((session, inside[0] if paths.direction == "next" else inside[-1]))
    return {"first": found[:1], "last": found[-1:], "every": found}[paths.occurrences]


def _walk(paths: Paths, events: list[Event], session: list[Event], begin: Event, as_of: int) -> list[Any]:
    forward = paths.direction == "next"
    others = [e for e in session if (e[0] > begin[0] if forward else e[0] < begin[0])]
    labels, last = [begin[3]], begin
    for event in others if forward else reversed(others):
        if len(labels) > paths.depth:
            return labels
        if paths.collapse and event[3] == labels[-1]:
            last = event
            continue
        if abs(event[1] - begin[1]) > paths.window:
            return [*labels, "end"]
        labels.append(event[3])
        last = event
    if len(labels) > paths.depth:
        return labels
    still = forward and session[-1] == events[-1] and begin[1] + paths.window >= as_of
    still = still and (paths.gap is None or last[1] + paths.gap >= as_of)
    return [*labels, "open" if still else "end"]
