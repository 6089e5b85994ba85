"""Against statsmodels over wide inputs, and against the tables of the papers."""

import math
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats import proportion as reference
from touchline.domain.statistics.normal import two_sided_p
from touchline.domain.statistics.proportions import Interval, Share, lift, newcombe, pooled_p, wilson

CONFIDENCE = st.sampled_from([0.8, 0.9, 0.95, 0.99, 0.999])


@st.composite
def shares(draw: st.DrawFn) -> Share:
    of = draw(st.integers(1, 5_000_000) | st.integers(1, 20))
    return Share(draw(st.integers(0, of) | st.integers(0, min(of, 20)).map(lambda few: of - few)), of)


def close(found: Interval | None, low: float, high: float, within: float = 1e-9) -> None:
    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high), rel=within, abs=within)


@given(shares(), CONFIDENCE)
def test_wilson_is_the_reference(share: Share, confidence: float) -> None:
    low, high = reference.proportion_confint(share.hits, share.of, 1 - confidence, method="wilson")
    close(wilson(share, confidence), low, high)


@given(shares(), shares(), CONFIDENCE)
def test_newcombe_is_the_reference(one: Share, base: Share, confidence: float) -> None:
    low, high = reference.confint_proportions_2indep(
        one.hits, one.of, base.hits, base.of, method="newcomb", compare="diff", alpha=1 - confidence
    )
    close(newcombe(one, base, confidence), low, high)


@given(shares(), shares())
def test_the_pooled_test_is_the_reference(one: Share, base: Share) -> None:
    found = pooled_p(one, base)
    if one.hits + base.hits in {0, one.of + base.of}:
        assert found is None
        return
    _, p_value = reference.proportions_ztest([one.hits, base.hits], [one.of, base.of])
    assert found == pytest.approx(p_value, rel=1e-7, abs=1e-300)


@given(shares(), shares(), CONFIDENCE)
def test_lift_is_the_reference(one: Share, base: Share, confidence: float) -> None:
    found = lift(one, base, confidence)
    if not base.hits:
        assert found is None
        return
    assert found is not None
    assert found.value == pytest.approx((one.hits / one.of) / (base.hits / base.of) - 1)
    if not one.hits:
        assert found.interval is None
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        low, high = reference.confint_proportions_2indep(
            one.hits, one.of, base.hits, base.of, method="log", compare="ratio", alpha=1 - confidence, correction=False
        )
    if not math.isnan(low):
        close(found.interval, low - 1, high - 1, 1e-7)


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_table_of_newcombe_1998(hits: int, of: int, low: float, high: float) -> None:
    """Statistics in Medicine 17, 857–872, table I, method 3."""
    close(wilson(Share(hits, of), 0.95), low, high, 5e-5)


@pytest.mark.parametrize(
    ("one", "base", "low", "high"),
    [
        (Share(56, 70), Share(48, 80), 0.0524, 0.3339),
        (Share(9, 10), Share(3, 10), 0.1705, 0.8090),
        (Share(6, 7), Share(2, 7), 0.0582, 0.8062),
        (Share(5, 56), Share(0, 29), -0.0381, 0.1926),
        (Share(0, 10), Share(0, 20), -0.1611, 0.2775),
        (Share(10, 10), Share(0, 20), 0.6791, 1.0),
        (Share(10, 10), Share(0, 10), 0.6075, 1.0),
    ],
)
def test_newcombe_gives_the_table_of_newcombe_1998(one: Share, base: Share, low: float, high: float) -> None:
    """Statistics in Medicine 17, 873–890, table II, method 10."""
    close(newcombe(one, base, 0.95), low, high, 5e-5)


@given(shares(), shares(), CONFIDENCE)
def test_changing_sides_mirrors_the_difference(one: Share, base: Share, confidence: float) -> None:
    found, mirrored = newcombe(one, base, confidence), newcombe(base, one, confidence)
    assert found is not None
    close(mirrored, -found.high, -found.low)
    assert found.low <= one.hits / one.of - base.hits / base.of <= found.high


def test_nothing_has_no_interval() -> None:
    nothing, some = Share(0, 0), Share(3, 10)
    assert nothing.rate is None
    assert wilson(nothing, 0.95) is None
    assert newcombe(some, nothing, 0.95) is None
    assert pooled_p(nothing, some) is None
    assert lift(nothing, some, 0.95) is None


def test_far_tails_keep_their_digits() -> None:
    assert two_sided_p(30) == pytest.approx(9.81343e-198, rel=1e-5)
