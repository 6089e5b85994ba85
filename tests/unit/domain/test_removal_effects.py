"""Removal effects: a published example, and what a chain converts when it is solved without a state in fractions."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.removal_effects import (
    FEWEST_CONVERSIONS,
    Chain,
    conversion_probability,
    removal_effects,
    removal_shares,
    why_not,
)

type Path = tuple[list[int], bool]

PATHS = st.lists(st.tuples(st.lists(st.integers(0, 3), min_size=1, max_size=6), st.booleans()), min_size=1, max_size=25)


def chain_of(paths: list[Path], states: int = 4) -> Chain:
    starts, converted, lost = (np.zeros(states, np.int64) for _ in range(3))
    steps = np.zeros((states, states), np.int64)
    for path, converts in paths:
        starts[path[0]] += 1
        for one, other in zip(path, path[1:], strict=False):  # noqa: RUF007
            steps[one, other] += 1
        (converted if converts else lost)[path[-1]] += 1
    return Chain(starts, steps, converted, lost)


def converting(chain: Chain, without: int | None = None) -> Fraction:
    """Solved in fractions, by Gauss. Whoever would go to the state that is not there is lost."""
    states = len(chain.starts)
    left = chain.steps.sum(1) + chain.converted + chain.lost
    inside = [n for n in range(states) if n != without and left[n]]
    table = [
        [Fraction(int(n == m)) - Fraction(int(chain.steps[n, m]), int(left[n])) for m in inside]
        + [Fraction(int(chain.converted[n]), int(left[n]))]
        for n in inside
    ]
    for n in range(len(inside)):
        pivot = next(row for row in range(n, len(inside)) if table[row][n])
        table[n], table[pivot] = table[pivot], table[n]
        table[n] = [one / table[n][n] for one in table[n]]
        for row in range(len(inside)):
            if row != n:
                table[row] = [a - table[row][n] * b for a, b in zip(table[row], table[n], strict=True)]
    total = int(chain.starts.sum())
    return sum((Fraction(int(chain.starts[n]), total) * table[k][-1] for k, n in enumerate(inside)), Fraction(0))


def test_the_published_example_of_two_channels() -> None:
    """Puzyrov, "Markov Chain Attribution, simple explanation of removal effect" (2019): Google Ads and mailing."""
    paths: list[Path] = [([0], True), ([0], True), ([1], True), ([0, 1], True), ([0], False)]
    chain = chain_of(paths, 2)
    assert conversion_probability(chain) == pytest.approx(0.8)
    assert [effect / 0.8 for effect in removal_effects(chain)] == pytest.approx([0.75, 0.5])
    assert [float(4 * share) for share in removal_shares(chain)] == pytest.approx([2.4, 1.6])


@given(PATHS)
def test_effects_are_what_is_lost_when_the_chain_is_solved_without_the_state(paths: list[Path]) -> None:
    chain = chain_of(paths)
    whole = converting(chain)
    assert conversion_probability(chain) == pytest.approx(float(whole), abs=1e-12)
    lost = [float(whole - converting(chain, without=n)) for n in range(4)]
    assert removal_effects(chain) == pytest.approx(lost, abs=1e-9)


@given(PATHS)
def test_shares_add_up_to_exactly_one(paths: list[Path]) -> None:
    if any(converts for _, converts in paths):
        shares = removal_shares(chain_of(paths))
        assert sum(shares) == 1
        assert min(shares) >= 0


@given(PATHS, st.permutations(range(4)))
def test_names_of_states_do_not_matter(paths: list[Path], order: list[int]) -> None:
    if any(converts for _, converts in paths):
        shares = removal_shares(chain_of(paths))
        renamed = removal_shares(chain_of([([order[n] for n in path], converts) for path, converts in paths]))
        assert [float(renamed[order[n]]) for n in range(4)] == pytest.approx([float(one) for one in shares], abs=1e-9)


def test_repeating_a_touch_does_not_change_what_its_channel_earns() -> None:
    once: list[Path] = [([0, 1], True), ([1], False), ([0], True)]
    often: list[Path] = [([0, 0, 0, 1, 1], True), ([1], False), ([0], True)]
    assert len({tuple(round(float(one), 9) for one in removal_shares(chain_of(paths))) for paths in (once, often)}) == 1


def test_too_few_conversions_and_no_lost_path_are_told() -> None:
    few: list[Path] = [([0], True)] * (FEWEST_CONVERSIONS - 1)
    assert "29 converting paths are too few" in str(why_not(chain_of([*few, ([1], False)])))
    assert "no path without a conversion" in str(why_not(chain_of([*few, ([1], True)])))
    assert why_not(chain_of([*few, ([1], True), ([1], False)])) is None
