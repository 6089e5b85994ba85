"""Cohorts: against the documents that are kept of the same events, against a slow reading, and their laws."""

from dataclasses import replace
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.adapters.memory.conversion_reports import MemoryConversionReports
from touchline.adapters.memory.event_columns import MemoryEventColumns
from touchline.domain.goals import ENTRY_ACTIONS, Goal
from touchline.domain.queries.attributed import CohortQuestion, Cohorts
from touchline.domain.queries.filters import make_filter
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.sequences.cohorts import (
    Entering,
    cohort_rows,
    cohorts_of,
    entered_of_rows,
    pooled,
)
from touchline.domain.sequences.rows import EventRows, RowsQuestion

from tests.attributed_documents import DAY, DAYS, GOALS, START, attributed, make_events

type Event = tuple[int, int, bool, bool]  # person, moment, entry, goal

HOUR = DAY // 24
EDGES = (0, 2 * DAY, 3 * DAY, 6 * DAY)
EVENTS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 9 * 24).map(lambda n: n * HOUR), st.booleans(), st.booleans()),
    max_size=30,
)


def rows_of(events: list[Event]) -> tuple[EventRows, list[Event]]:
    ordered = sorted(events, key=lambda one: one[:2])
    people, at = (np.array([one[n] for one in ordered], kind) for n, kind in ((0, np.uint64), (1, np.int64)))
    return EventRows(people, at, np.zeros(len(ordered), np.uint32)), ordered


def asked(events: list[Event], as_of: int, *, every: bool, once: bool, window: int | None) -> Entering:
    ordered = rows_of(events)[1]
    entry, goal = (np.array([one[n] for one in ordered], np.bool_) for n in (2, 3))
    return Entering(entry, goal, EDGES, as_of, every, once, window)


def read(events: list[Event], wanted: Entering) -> list[tuple[int, int]]:
    """Bucket and age (-1: none) of every entry, by the definition."""
    found = []
    for _, own in groupby(rows_of(events)[1], key=lambda one: one[0]):
        person = [one for one in own if one[1] <= wanted.as_of]
        entries = [n for n, one in enumerate(person) if one[2]]
        goals = [n for n, one in enumerate(person) if one[3]]
        goals = goals[:1] if wanted.once else goals
        for n in entries if wanted.every else entries[:1]:
            at = person[n][1]
            after = [person[g][1] - at for g in goals if g != n and person[g][1] >= at]
            age = after[0] if after and (wanted.window_ms is None or after[0] <= wanted.window_ms) else -1
            found += [(sum(at >= edge for edge in EDGES) - 1, age)] if EDGES[0] <= at < EDGES[-1] else []
    return found


MODES = st.fixed_dictionaries(
    {"every": st.booleans(), "once": st.booleans(), "window": st.none() | st.integers(0, 4 * DAY)}
)
MOMENTS = st.integers(0, 20 * DAY)


@given(EVENTS, MOMENTS, MODES)
def test_entries_and_ages_are_those_of_the_definition(events: list[Event], as_of: int, modes: dict[str, bool]) -> None:
    wanted = asked(events, as_of, **modes)
    found = entered_of_rows(rows_of(events)[0], wanted)
    assert list(zip(found.buckets.tolist(), found.ages.tolist(), strict=True)) == read(events, wanted)


@given(EVENTS, MOMENTS, MODES)
def test_columns_never_fall_and_never_pass_what_ever_converted(
    events: list[Event], as_of: int, modes: dict[str, bool]
) -> None:
    entered = entered_of_rows(rows_of(events)[0], asked(events, as_of, **modes))
    for row in cohort_rows(cohorts_of(entered, 3), EDGES, as_of, 12):
        told = [one for one in row.by_age if one is not None]
        assert told == sorted(told)
        assert list(row.by_age[: len(told)]) == told  # blank from some age on
        assert all(one <= row.converted <= row.size for one in told)
        assert (row.median_ms is None) == (row.converted == 0)


@given(EVENTS, EVENTS, MOMENTS, MODES)
def test_later_events_change_nothing_as_of_then(
    events: list[Event], later: list[Event], as_of: int, modes: dict[str, bool]
) -> None:
    late = [(person, at + as_of + 1, *what) for person, at, *what in later]
    tables = [
        cohort_rows(cohorts_of(entered_of_rows(rows_of(some)[0], asked(some, as_of, **modes)), 3), EDGES, as_of, 9)
        for some in (events, [*events, *late])  # type: ignore[list-item]
    ]
    assert tables[0] == tables[1]


@given(EVENTS, MODES)
def test_events_after_the_bucket_never_change_its_size(events: list[Event], modes: dict[str, bool]) -> None:
    sizes = [
        cohorts_of(entered_of_rows(rows_of(events)[0], asked(events, as_of, **modes)), 3).sizes.tolist()
        for as_of in (EDGES[-1], 20 * DAY)
    ]
    assert sizes[0] == sizes[1]


def test_an_age_is_told_when_everyone_has_lived_through_it() -> None:
    found = Cohorts(np.array([3, 1, 2]), np.array([0, 0, 2]), np.array([HOUR, DAY, 2 * DAY + 1]))
    table = cohort_rows(found, EDGES, 7 * DAY, 4)
    assert [row.by_age for row in table] == [(1, 2, 2, 2), (0, 0, 0, 0), (0, None, None, None)]
    assert [(row.size, row.converted, row.median_ms) for row in table] == [
        (3, 2, HOUR),
        (1, 0, None),
        (2, 1, 2 * DAY + 1),
    ]
    assert [(one.converted, one.size) for one in pooled(table, 4)] == [(1, 6), (2, 4), (2, 4), (2, 4)]


EVENTS_KEPT = make_events(150)
KEPT = MemoryConversionReports(attributed(EVENTS_KEPT))
COLUMNS = MemoryEventColumns(EVENTS_KEPT)


@pytest.mark.parametrize("goal", GOALS[:2], ids=lambda goal: goal.id)
@pytest.mark.parametrize("campaign", ["c0", "c1", "c5"])
@pytest.mark.parametrize("days", [2, 9, 30])
def test_events_give_the_numbers_of_the_memberships_that_are_kept_of_them(goal: Goal, campaign: str, days: int) -> None:
    edges = tuple(range(START, START + DAYS * DAY + 1, DAY))
    as_of = START + days * DAY
    question = CohortQuestion("campaign", (campaign,), edges, goal.id, goal.version, as_of, goal.conversion_window_ms)
    entry = (
        make_filter("action", "in", list(ENTRY_ACTIONS), "f"),
        make_filter("context.campaign", "eq", campaign, "f"),
    )
    criteria = (entry, *goal.criteria)
    rows = COLUMNS.rows("acme", RowsQuestion(TimeRange(0, as_of + 1), criteria=criteria))
    wanted = Entering(
        rows.marked(0), rows.marked(1), edges, as_of, once=goal.counted == "once", window_ms=goal.conversion_window_ms
    )
    computed = cohort_rows(cohorts_of(entered_of_rows(rows, wanted), len(edges) - 1), edges, as_of, 10)
    assert computed == cohort_rows(KEPT.cohorts("acme", question)[campaign], edges, as_of, 10)
    assert sum(row.size for row in computed) > 5 or days == 2
    without = replace(question, window_ms=0)
    assert KEPT.cohorts("acme", without)[campaign].sizes.sum() == sum(row.size for row in computed)
