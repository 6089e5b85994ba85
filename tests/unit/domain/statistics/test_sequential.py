import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.statistics.proportions import Share, newcombe
from touchline.domain.statistics.sequential import TIGHTEST_AT, sequential_interval, sequential_p


def halfwidth(n: int, variance: float, alpha: float) -> float:
    """The formula as the paper's theorem 2.2 prints it, for a mean of `n` with this variance of one."""
    rho2 = (-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / TIGHTEST_AT
    return math.sqrt(variance) * math.sqrt(
        2 * (n * rho2 + 1) / (n**2 * rho2) * math.log(math.sqrt(n * rho2 + 1) / alpha)
    )


def test_it_is_the_formula_of_the_paper() -> None:
    one, base = Share(130, 1_000), Share(100, 1_200)
    found = sequential_interval(one, base, 0.95)
    assert found is not None
    variance = 2_200 * (0.13 * 0.87 / 1_000 + (1 / 12) * (11 / 12) / 1_200)
    half = halfwidth(2_200, variance, 0.05)
    difference = 0.13 - 1 / 12
    assert (found.low, found.high) == pytest.approx((difference - half, difference + half))


def test_looking_a_hundred_times_raises_false_alarms_of_the_fixed_interval_but_not_of_this_one() -> None:
    chance = np.random.default_rng(7)
    looks = np.arange(100, 10_001, 100)
    fixed = sequential = 0
    for _ in range(400):
        a, b = (np.cumsum(chance.random(10_000) < 0.2)[looks - 1] for _ in range(2))
        shares = [(Share(int(x), int(n)), Share(int(y), int(n))) for x, y, n in zip(a, b, looks, strict=True)]
        fixed += any(excludes_zero(newcombe(one, base, 0.95)) for one, base in shares)
        sequential += any(excludes_zero(sequential_interval(one, base, 0.95)) for one, base in shares)
    assert fixed > 400 * 0.2
    assert sequential <= 400 * 0.05


def excludes_zero(interval: object) -> bool:
    return interval is not None and not interval.low <= 0 <= interval.high  # type: ignore[attr-defined]


@given(st.integers(1, 4_000), st.integers(0, 4_000), st.integers(1, 4_000), st.integers(0, 4_000))
def test_the_p_value_and_the_interval_say_the_same(n1: int, x1: int, n0: int, x0: int) -> None:
    one, base = Share(min(x1, n1), n1), Share(min(x0, n0), n0)
    interval, p_value = sequential_interval(one, base, 0.95), sequential_p(one, base, 0.95)
    if interval is None or p_value is None:
        assert interval is None
        assert p_value is None
        return
    if abs(p_value - 0.05) > 1e-9:
        assert excludes_zero(interval) == (p_value < 0.05)


def test_without_spread_there_is_no_interval() -> None:
    assert sequential_interval(Share(0, 100), Share(0, 100), 0.95) is None
    assert sequential_p(Share(0, 0), Share(1, 100), 0.95) is None
