"""Credit for touches: published examples, the tables of definitions, and laws that hold for any touches."""

from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.attribution import MICRO, Credit, CreditRules, TouchPoint, apportion, credits

DAY = 86_400_000
NOW = 1_700_000_000_000
RULES = CreditRules(7 * DAY, ("direct", "none"))
AMOUNTS = st.none() | st.integers(-(10**16), 10**16)
CHANNELS = st.sampled_from([None, "email", "ads", "direct", "none"])


def touches_of(days: list[float], channels: list[str | None] | None = None) -> list[TouchPoint]:
    """Oldest first."""
    named = channels or ["email"] * len(days)
    return [
        TouchPoint(f"t{n}", NOW - int(age * DAY), n, channel)
        for n, (age, channel) in enumerate(zip(days, named, strict=True))
    ]


JOURNEYS: Any = st.lists(st.tuples(st.integers(0, 400 * DAY), CHANNELS), max_size=40).map(
    lambda found: [
        TouchPoint(f"t{n}", NOW - age, n, channel)
        for n, (age, channel) in enumerate(sorted(found, key=lambda one: -one[0]))
    ]
)


def test_time_decay_gives_the_table_of_a_published_calculator() -> None:
    """CalcBee, "Time-Decay Attribution Calculator": six touches six days apart, half-life 7 days."""
    decayed = [one.decay / 10_000 for one in credits(NOW, touches_of([30, 24, 18, 12, 6, 0]), RULES, None)]
    assert decayed == pytest.approx([2.4, 4.3, 7.8, 14.0, 25.4, 46.1], abs=0.06)


def test_time_decay_gives_the_example_of_adobe() -> None:
    """Adobe Analytics, "Attribution models": display and e-mail today, social 6 and paid search 9 days ago."""
    decayed = [one.decay / MICRO for one in credits(NOW, touches_of([9, 6, 0, 0]), RULES, None)]
    assert decayed == pytest.approx([0.138, 0.186, 0.338, 0.338], abs=5e-4)


def test_a_touch_of_one_half_life_ago_gets_half_of_one_just_now() -> None:
    assert [one.decay for one in credits(NOW, touches_of([7, 0]), RULES, 30_000)] == [333_333, 666_667]
    assert [one.decay_e4 for one in credits(NOW, touches_of([7, 0]), RULES, 30_000)] == [10_000, 20_000]


def test_linear_gives_each_touch_the_same_and_the_first_what_is_left() -> None:
    found = credits(NOW, touches_of([3, 2, 1]), RULES, 100)
    assert [one.linear for one in found] == [333_334, 333_333, 333_333]
    assert [one.linear_e4 for one in found] == [34, 33, 33]


@pytest.mark.parametrize(
    ("touches", "places"),
    [
        (0, []),
        (1, ["only"]),
        (2, ["first_of_two", "last_of_two"]),
        (4, ["first", "middle", "middle", "last"]),
    ],
)
def test_places(touches: int, places: list[str]) -> None:
    found = credits(NOW, touches_of([9 - n for n in range(touches)]), RULES, None)
    assert [one.place for one in found] == places


@pytest.mark.parametrize(
    ("channels", "winner"),
    [
        (["email", "ads", "direct", "none"], 1),
        (["direct", "direct"], 1),
        (["email", None, "direct"], 1),  # a channel that is not known is not direct
        (["email"], 0),
    ],
)
def test_the_last_touch_that_is_not_direct_wins_or_else_the_last(channels: list[str | None], winner: int) -> None:
    found = credits(NOW, touches_of([3.0] * len(channels), channels), RULES, None)
    assert [n for n, one in enumerate(found) if one.last_non_direct] == [winner]
    assert [one.direct for one in found] == [channel in {"direct", "none"} for channel in channels]


@given(JOURNEYS, AMOUNTS)
def test_shares_and_values_add_up_exactly(touches: list[TouchPoint], amount: int | None) -> None:
    found = credits(NOW, touches, RULES, amount)
    for name in ("linear", "decay", "middle"):
        assert sum(getattr(one, name) for one in found) == (MICRO if found else 0)
        values = [getattr(one, f"{name}_e4") for one in found]
        assert values == [None] * len(found) if amount is None else sum(values) == (amount if found else 0)
    if len(found) > 2:
        assert {one.place == "middle" for one in found if one.middle} == {True}


@given(JOURNEYS, AMOUNTS)
def test_what_a_document_keeps_adds_up_to_one_conversion_and_its_value(
    touches: list[TouchPoint], amount: int | None
) -> None:
    kept = [one.document() for one in credits(NOW, touches, RULES, amount)]
    whole = 1 if kept else 0
    for name, one in {"linear": MICRO, "decay": MICRO, "middle": MICRO, "first": 1, "last": 1, "won": 1}.items():
        assert sum(document.get(name, 0) for document in kept) == one * whole  # type: ignore[misc]
        assert sum(document.get(f"{name}_e4", 0) for document in kept) == (amount or 0) * whole  # type: ignore[misc]


@pytest.mark.parametrize(
    ("weights", "touches", "shares"),
    [
        ((40, 20, 40), 1, [100]),
        ((40, 20, 40), 2, [50, 50]),
        ((40, 20, 40), 4, [40, 10, 10, 40]),
        ((20, 20, 60), 2, [30, 70]),
        ((60, 20, 20), 2, [70, 30]),
        ((60, 20, 20), 3, [60, 20, 20]),
    ],
)
def test_positions_make_the_published_table(weights: tuple[int, int, int], touches: int, shares: list[int]) -> None:
    """Mixpanel, "Attribution": U, J and inverse J; with two touches the middle's share is split in half."""
    found = credits(NOW, touches_of([9.0 - n for n in range(touches)]), RULES, None)
    first, middle, last = weights
    assert [first * one.first + middle * one.middle / MICRO + last * one.last for one in found] == shares


@given(JOURNEYS)
def test_there_is_one_first_one_last_and_one_winner_also_at_equal_times(touches: list[TouchPoint]) -> None:
    found = credits(NOW, touches, RULES, None)
    if found:
        assert sum(one.place in {"only", "first_of_two", "first"} for one in found) == 1
        assert sum(one.place in {"only", "last_of_two", "last"} for one in found) == 1
        assert sum(one.last_non_direct for one in found) == 1


@given(JOURNEYS, st.integers(1, 60 * DAY))
def test_decay_never_falls_towards_the_conversion_and_halves_with_each_half_life(
    touches: list[TouchPoint], half_life: int
) -> None:
    found = credits(NOW, touches, CreditRules(half_life, ()), None)
    ages = [one.age_ms for one in found]
    assert all(a.decay <= b.decay + 1 for a, b in pairwise(found))
    weights = [2.0 ** ((min(ages) - age) / half_life) for age in ages]
    assert all(
        abs(one.decay / MICRO - weight / sum(weights)) < 2e-6 for one, weight in zip(found, weights, strict=True)
    )


@given(st.integers(-(10**18), 10**18), st.lists(st.integers(0, 10**16), max_size=30))
def test_parts_add_up_and_are_less_than_one_off(total: int, weights: list[int]) -> None:
    parts = apportion(total, weights)
    whole = sum(weights)
    assert sum(parts) == (total if whole else 0)
    assert all(
        abs(part - Fraction(total * weight, whole or 1)) < 1 for part, weight in zip(parts, weights, strict=True)
    )


def test_a_touch_at_the_moment_of_the_conversion_has_age_0() -> None:
    assert credits(NOW, touches_of([0]), RULES, -7) == [
        Credit("only", 0, MICRO, MICRO, MICRO, -7, -7, -7, -7, direct=False, last_non_direct=True)
    ]
