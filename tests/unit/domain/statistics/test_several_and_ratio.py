import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from touchline.domain.statistics.sample_ratio import chi_square_survival, sample_ratio
from touchline.domain.statistics.several import holm


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_the_reference(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])


def test_holm_of_nothing_is_nothing() -> None:
    assert holm([]) == []


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


@given(st.floats(0, 600), st.integers(1, 40))
def test_the_survival_function_is_the_reference(x: float, freedom: int) -> None:
    assert chi_square_survival(x, freedom) == pytest.approx(stats.chi2.sf(x, freedom), rel=1e-9, abs=1e-290)


@given(st.lists(st.tuples(st.integers(0, 100_000), st.integers(1, 20)), min_size=2, max_size=10))
def test_the_sample_ratio_is_the_reference(arms: list[tuple[int, int]]) -> None:
    observed, weights = [seen for seen, _ in arms], [weight for _, weight in arms]
    found = sample_ratio(observed, weights)
    if not sum(observed):
        assert found is None
        return
    assert found is not None
    expected = stats.chisquare(observed, [sum(observed) * weight / sum(weights) for weight in weights])
    assert (found.chi_square, found.p_value) == pytest.approx(
        (expected.statistic, expected.pvalue), rel=1e-7, abs=1e-280
    )
    assert found.mismatch == (expected.pvalue < 0.001)


def test_one_arm_has_no_ratio() -> None:
    assert sample_ratio([7], [1]) is None


def test_a_split_that_went_wrong_is_seen() -> None:
    """Fabijan et al. (KDD 2019) open with it: 821,588 to 815,482 of an even split is no accident."""
    found = sample_ratio([821_588, 815_482], [1, 1])
    assert found is not None
    assert found.mismatch
    assert found.p_value == pytest.approx(1.8e-6, rel=0.03)
