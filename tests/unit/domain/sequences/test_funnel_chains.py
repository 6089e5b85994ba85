"""Chains that are found all at once are those that trying every one finds."""

from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from touchline.domain.sequences.chains import NONE
from touchline.domain.sequences.funnel_chains import Chains, find_chains, join_chains
from touchline.domain.sequences.funnels import Funnel, FunnelBreakdown

from tests.unit.domain.sequences.asking import CAMPAIGN, Told, exclusion, funnel_of, rows_of, step, told
from tests.unit.domain.sequences.naive_funnel import naive_chains

NOBODY = np.zeros(0, np.uint64)
DROP, STOP = exclusion("drop_person"), exclusion("stop_chain")


def found(funnel: Funnel, events: list[Told], as_of: int = 1_000, before: set[int] | None = None) -> Chains:
    return find_chains(funnel, rows_of(events), np.array(sorted(before or ()), np.uint64), as_of)


def levels(funnel: Funnel, events: list[Told], as_of: int = 1_000) -> dict[int, int]:
    chains = found(funnel, events, as_of)
    return dict(zip(chains.people.tolist(), chains.levels.tolist(), strict=True))


def person(*events: tuple[int, str]) -> list[Told]:
    """Of one person: when, and which steps by their number."""
    return [(1, at, sum(1 << int(mark) for mark in marks), 1) for at, marks in events]


@settings(max_examples=400)
@given(
    events=told(5),
    mode=st.sampled_from(["in_order", "strict", "any_order"]),
    entry=st.sampled_from(["any", "first", "first_ever"]),
    exclusions=st.sampled_from([(), (DROP,), (STOP,), (STOP, DROP)]),
    held=st.sampled_from([(), (CAMPAIGN,)]),
    as_of=st.integers(0, 40),
    window=st.integers(1, 12),
    before=st.sets(st.integers(0, 1)),
)
def test_every_mode_and_option_is_as_defined(
    events: list[Told], as_of: int, window: int, before: set[int], **options: Any
) -> None:
    funnel = funnel_of(3, window=window, **options)
    chains = found(funnel, events, as_of, before)
    naive = naive_chains(funnel, rows_of(events), before, as_of)
    assert set(chains.people.tolist()) == naive.keys()
    for n, who in enumerate(chains.people.tolist()):
        one = naive[who]
        assert chains.levels[n] == one.level
        assert tuple(chains.at[n][chains.at[n] != NONE].tolist()) == one.at
        assert bool(chains.open[n]) == one.open
        assert bool(chains.dropped[n]) == one.dropped


def test_an_older_chain_survives_a_newer_first_step_and_a_restart_may_go_further() -> None:
    funnel = funnel_of(3, window=8)
    assert levels(funnel, person((0, "0"), (3, "1"), (5, "0"), (7, "2"))) == {1: 3}
    assert levels(funnel, person((0, "0"), (3, "1"), (5, "0"), (9, "1"), (12, "2"))) == {1: 3}


def test_the_window_includes_its_end() -> None:
    assert levels(funnel_of(2, window=8), person((0, "0"), (8, "1"))) == {1: 2}
    assert levels(funnel_of(2, window=8), person((0, "0"), (9, "1"))) == {1: 1}


def test_one_event_is_one_step() -> None:
    assert levels(funnel_of(2), person((0, "01"))) == {1: 1}
    assert levels(funnel_of(2), person((0, "01"), (0, "01"))) == {1: 2}
    assert levels(funnel_of(3, mode="any_order"), person((0, "01"), (1, "0"))) == {1: 2}


def test_the_first_step_lies_in_the_range_and_others_may_follow_after_it() -> None:
    assert levels(funnel_of(2), person((19, "0"), (22, "1"))) == {1: 2}
    assert levels(funnel_of(2), person((20, "0"), (22, "1"))) == {}


@pytest.mark.parametrize("order", [list(p) for p in permutations("012")])
def test_in_any_order_each_order_is_as_good(order: list[str]) -> None:
    chains = found(funnel_of(3, mode="any_order"), person(*enumerate(order)))
    assert chains.levels.tolist() == [3]
    assert chains.at.tolist() == [[0, 1, 2]]


def test_an_event_that_could_be_several_steps_is_one_where_a_value_is_held() -> None:
    funnel = funnel_of(2, mode="any_order", held=(CAMPAIGN,))
    assert levels(funnel, [(1, 0, 0, 0), (1, 1, 3, 1), (1, 2, 1, 2), (1, 3, 1, 1)]) == {1: 2}


def test_steps_that_are_alike_need_as_many_events() -> None:
    alike = funnel_of(2, mode="any_order")
    alike = Funnel(alike.scope, (step("s"), step("s")), 8, "any_order")
    assert levels(alike, person((0, "01"))) == {1: 1}
    assert levels(alike, person((0, "01"), (2, "01"))) == {1: 2}


def test_optional_steps_are_counted_between_their_neighbours_and_never_waited_for() -> None:
    funnel = Funnel(funnel_of().scope, (step("a"), step("b", optional=True), step("c")), 8)
    both = found(funnel, person((0, "0"), (1, "1"), (2, "2")))
    assert (both.levels.tolist(), both.at.tolist()) == ([2], [[0, 1, 2]])
    without = found(funnel, person((0, "0"), (2, "2"), (3, "1")))
    assert (without.levels.tolist(), without.at.tolist()) == ([2], [[0, NONE, 2]])
    unfinished = found(funnel, person((0, "0"), (3, "1")))
    assert (unfinished.levels.tolist(), unfinished.at.tolist()) == ([1], [[0, 3, NONE]])


@given(events=told(3, people=4), parts=st.integers(1, 4))
def test_parts_of_the_people_join_to_the_whole(events: list[Told], parts: int) -> None:
    funnel = funnel_of(3, breakdown=FunnelBreakdown(CAMPAIGN, 5))
    whole = found(funnel, events)
    joined = join_chains([found(funnel, [e for e in events if e[0] % parts == p]) for p in range(parts)])
    assert described(whole) == described(joined)


def described(chains: Chains) -> list[tuple[Any, ...]]:
    assert chains.values is not None
    values = [chains.values.table[code] for code in chains.values.codes]
    return sorted(zip(chains.people.tolist(), chains.levels.tolist(), chains.at.tolist(), values, strict=True))


@pytest.mark.parametrize(
    ("by", "place", "expected"),
    [("first", 0, ("a",)), ("last", 0, ("b",)), ("step", 0, ()), ("step", 2, ("b",)), ("all", 0, ())],
)
def test_a_breakdown_takes_the_value_of_the_step_that_is_asked_for(by: Any, place: int, expected: Any) -> None:
    funnel = funnel_of(3, breakdown=FunnelBreakdown(CAMPAIGN, 5, by, place))
    chains = found(funnel, [(1, 0, 1, 0), (1, 1, 2, 1), (1, 2, 4, 2)])
    assert chains.values is not None
    assert [chains.values.table[code] for code in chains.values.codes] == [expected]


def test_what_all_steps_share_is_found_among_several_values() -> None:
    funnel = funnel_of(2, breakdown=FunnelBreakdown(CAMPAIGN, 5, "all"))
    chains = found(funnel, [(1, 0, 1, 3), (1, 1, 2, 2)])
    assert chains.values is not None
    assert chains.values.table[chains.values.codes[0]] == ("b",)
