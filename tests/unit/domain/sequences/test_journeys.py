"""Journeys against a slow reading of the definition, person by person and touch by touch."""

from collections import Counter
from itertools import groupby, pairwise
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.removal_effects import MOST_STATES
from touchline.domain.sequences.journeys import Journeys, Wanted, chain_of, count_paths, find_journeys
from touchline.domain.sequences.rows import Coded, EventRows

type Event = tuple[int, int, bool, bool, int]  # person, moment, goal, touch, code

LABELS = ((), ("ads",), ("email",), ("email", "sms"))
SPAN = TimeRange(20, 60)
EVENTS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 90), st.booleans(), st.booleans(), st.integers(0, 3)), max_size=40
)
LOOKBACKS = st.integers(0, 40)


def rows_of(events: list[Event]) -> tuple[EventRows, list[Event]]:
    ordered = sorted(events, key=lambda one: one[:2])
    coded = Coded(np.array([one[4] for one in ordered], np.int32), LABELS)
    people, at = (np.array([one[n] for one in ordered], kind) for n, kind in ((0, np.uint64), (1, np.int64)))
    return EventRows(people, at, np.zeros(len(ordered), np.uint32), {"channel": coded}), ordered


def found_in(events: list[Event], lookback: int, *, collapse: bool) -> Journeys:
    rows, ordered = rows_of(events)
    goal, touch = (np.array([one[n] for one in ordered], np.bool_) for n in (2, 3))
    return find_journeys(rows, Wanted(goal, touch, SPAN, lookback, "channel", collapse))


def read(events: list[Event], lookback: int, *, collapse: bool) -> tuple[list[list[int]], list[list[int]]]:
    """Converting and lost paths, by the definition."""
    ways: list[list[int]] = []
    lost: list[list[int]] = []
    for _, own in groupby(rows_of(events)[1], key=lambda one: one[0]):
        person = list(own)
        used: set[int] = set()
        for n, (_, at, goal, _, _) in enumerate(person):
            window = [k for k in range(n) if goal and person[k][3] and at - person[k][1] <= lookback]
            used |= set(window)
            ways += [[person[k][4] for k in window]] if goal and SPAN.start <= at < SPAN.end else []
        lost += lost_of(person, used, lookback)
    if collapse:
        ways, lost = ([[code for code, _ in groupby(one)] for one in some] for some in (ways, lost))
    return ways, lost


def lost_of(person: list[Event], used: set[int], lookback: int) -> list[list[int]]:
    lost: list[list[int]] = []
    before: Event | None = None  # the touch before, where the path goes on
    for k, one in enumerate(person):
        if not one[3]:
            continue
        free = k not in used and SPAN.start <= one[1] < SPAN.end
        if free and before is not None and one[1] - before[1] <= lookback:
            lost[-1].append(one[4])
        elif free:
            lost.append([one[4]])
        before = one if free else None
    return lost


def stretches(found: Journeys, begins: Any, ends: Any) -> list[list[int]]:
    return [found.states[begin:end].tolist() for begin, end in zip(begins, ends, strict=True)]


@given(EVENTS, LOOKBACKS, st.booleans())
def test_ways_and_lost_paths_are_those_of_the_definition(events: list[Event], lookback: int, collapse: bool) -> None:  # noqa: FBT001
    found = found_in(events, lookback, collapse=collapse)
    ways, lost = read(events, lookback, collapse=collapse)
    assert stretches(found, found.begins, found.ends) == ways
    assert stretches(found, found.lost_begins, found.lost_ends) == lost


@given(EVENTS, LOOKBACKS, st.booleans())
def test_the_chain_counts_every_step_of_every_path(events: list[Event], lookback: int, collapse: bool) -> None:  # noqa: FBT001
    ways, lost = read(events, lookback, collapse=collapse)
    ways = [way for way in ways if way]
    chain, groups = chain_of(found_in(events, lookback, collapse=collapse))
    code = [LABELS.index(labels[0]) for labels in groups]
    steps = Counter(pair for path in [*ways, *lost] for pair in pairwise(path))
    for n, one in enumerate(code):
        assert chain.starts[n] == sum(path[0] == one for path in [*ways, *lost])
        assert chain.converted[n] == sum(path[-1] == one for path in ways)
        assert chain.lost[n] == sum(path[-1] == one for path in lost)
        assert chain.steps[n].tolist() == [steps[one, other] for other in code]


@given(EVENTS, LOOKBACKS)
def test_equal_paths_are_counted_together_and_long_ones_by_their_end(events: list[Event], lookback: int) -> None:
    found = found_in(events, lookback, collapse=False)
    ways, _ = read(events, lookback, collapse=False)
    counted, different = count_paths(found, found.begins, found.ends, 3, 100)
    shown = Counter((tuple(LABELS[code] for code in way[-3:]), len(way) > 3) for way in ways)
    assert {(one.path, one.cut): len(one.members) for one in counted} == shown
    for one in counted:
        assert {tuple(LABELS[code] for code in ways[n][-3:]) for n in one.members} == {one.path}
    assert [len(one.members) for one in counted] == sorted(shown.values(), reverse=True)
    assert different == len(shown)
    keys = [(-len(one.members), list(map(str, one.path))) for one in counted]
    assert keys == sorted(keys)
    assert [one.path for one in count_paths(found, found.begins, found.ends, 3, 2)[0]] == [
        one.path for one in counted[:2]
    ]


@given(EVENTS, LOOKBACKS)
def test_ages_reach_from_the_first_and_the_last_touch(events: list[Event], lookback: int) -> None:
    found = found_in(events, lookback, collapse=False)
    assert ((found.first_ages >= found.last_ages) & (found.first_ages <= lookback)).all()
    assert ((found.first_ages < 0) == (found.begins == found.ends)).all()


def test_the_rarest_values_are_one_state_together() -> None:
    number = MOST_STATES + 5
    labels = tuple((f"c{n}",) for n in range(number))
    events = [(n, 30 + k) for n in range(number) for k in range(2 if n < 40 else 1)]
    rows = EventRows(
        np.array([one[0] for one in events], np.uint64),
        np.array([one[1] for one in events], np.int64),
        np.zeros(len(events), np.uint32),
        {"channel": Coded(np.array([one[0] for one in events], np.int32), labels)},
    )
    nothing = np.zeros(len(events), np.bool_)
    chain, groups = chain_of(find_journeys(rows, Wanted(nothing, ~nothing, SPAN, 10, "channel")))
    assert [len(group) for group in groups] == [1] * (MOST_STATES - 1) + [6]
    assert chain.lost.sum() == number
