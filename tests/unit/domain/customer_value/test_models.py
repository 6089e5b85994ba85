"""The models against their printed formulas in many digits, and what they do with data that tells nothing."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from touchline.domain.customer_value import buying, spending
from touchline.domain.customer_value.buying import Buying, Histories, chance_active, distinct, expected_purchases
from touchline.domain.customer_value.fitting import Fitted, NoFit, fit_buying, fit_spending
from touchline.domain.customer_value.prediction import predict
from touchline.domain.customer_value.purchases import Conversions, customers, days
from touchline.domain.customer_value.spending import Baskets, Spending
from touchline.domain.queries.clock import DAY
from touchline.domain.sequences.rows import Coded

POSITIVE = st.floats(0.05, 20)
BERLIN, UTC = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")


@st.composite
def one_history(draw: st.DrawFn) -> tuple[int, float, float]:
    repeats = draw(st.integers(0, 60))
    age = draw(st.floats(1, 2_000))
    return repeats, age * draw(st.floats(0.01, 1)) if repeats else 0.0, age


def as_histories(one: tuple[int, float, float]) -> Histories:
    return Histories(np.array([one[0]]), np.array([one[1]]), np.array([one[2]]), np.array([1]))


@given(one_history(), POSITIVE, st.floats(1, 500), POSITIVE, POSITIVE)
def test_the_likelihood_is_the_printed_one(
    one: tuple[int, float, float], r: float, alpha: float, a: float, b: float
) -> None:
    """Equation 6, as it stands there."""
    x, t_x, age = one
    active = (
        mpmath.beta(a, b + x)
        / mpmath.beta(a, b)
        * mpmath.rf(r, x)
        * mpmath.mpf(alpha) ** r
        / mpmath.mpf(alpha + age) ** (r + x)
    )
    left = 0
    if x:
        left = (
            mpmath.beta(a + 1, b + x - 1) / mpmath.beta(a, b) * mpmath.rf(r, x) * mpmath.mpf(alpha) ** r
        ) / mpmath.mpf(alpha + t_x) ** (r + x)
    found = buying.log_likelihood(as_histories(one), Buying(r, alpha, a, b))
    assert found == pytest.approx(float(mpmath.log(active + left)), rel=1e-9, abs=1e-9)


@given(one_history(), POSITIVE, st.floats(20, 500), POSITIVE, POSITIVE, st.floats(1, 730))
@settings(deadline=None)
def test_expected_purchases_are_those_of_the_printed_formula(
    one: tuple[int, float, float], r: float, alpha: float, a: float, b: float, t: float
) -> None:
    """Equation 10 in 60 digits: it subtracts numbers that are nearly the same."""
    x, t_x, age = one
    if abs(a - 1) < 1e-3 or abs(a + b + x - 1) < 1e-3:
        return  # the printed form has a pole there
    with mpmath.workdps(60):
        shrunk = (mpmath.mpf(alpha) + age) / (mpmath.mpf(alpha) + age + t)
        series = mpmath.hyp2f1(r + x, b + x, mpmath.mpf(a) + b + x - 1, t / (mpmath.mpf(alpha) + age + t))
        printed = (mpmath.mpf(a) + b + x - 1) / (mpmath.mpf(a) - 1) * (1 - shrunk ** (mpmath.mpf(r) + x) * series)
        if x:
            printed /= 1 + mpmath.mpf(a) / (b + x - 1) * ((alpha + age) / (mpmath.mpf(alpha) + t_x)) ** (r + x)
    found = expected_purchases(as_histories(one), Buying(r, alpha, a, b), t)[0]
    assert found == pytest.approx(float(printed), rel=1e-6, abs=1e-12)


@given(one_history(), POSITIVE, st.floats(20, 500), st.just(1.0), POSITIVE)
def test_a_is_allowed_to_be_one(one: tuple[int, float, float], r: float, alpha: float, a: float, b: float) -> None:
    near, at = (expected_purchases(as_histories(one), Buying(r, alpha, a + off, b), 90)[0] for off in (1e-7, 0.0))
    assert at == pytest.approx(near, rel=1e-5)


@given(one_history(), POSITIVE, st.floats(1, 500), POSITIVE, POSITIVE)
def test_chances_are_chances_and_a_longer_horizon_never_expects_less(
    one: tuple[int, float, float], r: float, alpha: float, a: float, b: float
) -> None:
    model = Buying(r, alpha, a, b)
    assert 0 <= chance_active(as_histories(one), model)[0] <= 1
    shorter, longer = (expected_purchases(as_histories(one), model, t)[0] for t in (30, 60))
    assert 0 <= shorter <= longer * (1 + 1e-9)


@given(st.integers(1, 40), st.floats(0.01, 1e5), POSITIVE, POSITIVE, st.floats(0.1, 1e3))
def test_the_likelihood_of_spending_is_the_printed_one(x: int, mean: float, p: float, q: float, gamma: float) -> None:
    printed = (
        mpmath.gamma(p * x + q)
        / (mpmath.gamma(p * x) * mpmath.gamma(q))
        * mpmath.mpf(gamma) ** q
        * mpmath.mpf(mean) ** (p * x - 1)
        * mpmath.mpf(x) ** (p * x)
        / mpmath.mpf(gamma + x * mean) ** (p * x + q)
    )
    found = spending.log_likelihood(Baskets(np.array([x]), np.array([mean])), Spending(p, q, gamma))
    assert found == pytest.approx(float(mpmath.log(printed)), rel=1e-8, abs=1e-8)


def test_parameters_that_made_the_data_are_found_again() -> None:
    chance = np.random.default_rng(3)
    truth = Buying(0.8, 40.0, 0.7, 3.0)
    count, age = 20_000, 400.0
    rate, leaves = chance.gamma(truth.r, 1 / truth.alpha, count), chance.beta(truth.a, truth.b, count)
    repeats, recency = np.zeros(count, np.int64), np.zeros(count)
    active, clock = np.ones(count, bool), np.zeros(count)
    while active.any():
        clock = clock + chance.exponential(1 / rate)
        active &= clock < age
        repeats += active
        recency = np.where(active, clock, recency)
        active &= chance.random(count) >= leaves
    histories, _ = distinct(repeats, recency, np.full(count, age))
    found = fit_buying(histories)
    assert isinstance(found, Fitted)
    assert (found.model.r, found.model.alpha) == pytest.approx((0.8, 40), rel=0.1)
    assert found.model.a / (found.model.a + found.model.b) == pytest.approx(0.7 / 3.7, rel=0.1)


@pytest.mark.parametrize(
    ("repeats", "reason"), [([0] * 50, "needs 100 and 20"), ([0] * 500, "0 bought again"), ([1] * 19 + [0] * 90, "19")]
)
def test_too_little_data_is_not_fitted(repeats: list[int], reason: str) -> None:
    count = len(repeats)
    histories, _ = distinct(np.array(repeats), np.array(repeats) * 5.0, np.full(count, 100.0))
    found = fit_buying(histories)
    assert isinstance(found, NoFit)
    assert reason in found.reason


def test_customers_who_never_leave_tell_no_maximum() -> None:
    """All buy each day to the end: the chance of leaving goes to 0, and its parameters anywhere."""
    histories, _ = distinct(np.full(300, 100), np.full(300, 100.0), np.full(300, 100.0))
    assert isinstance(fit_buying(histories), NoFit)


def test_equal_amounts_tell_no_spread() -> None:
    assert isinstance(fit_spending(Baskets(np.full(300, 3), np.full(300, 10.0))), NoFit)


def conversions(*events: tuple[int, float, int, str]) -> Conversions:
    """Person, day, amount in units, currency."""
    events = tuple(sorted(events, key=lambda one: one[:2]))
    values = ((), ("EUR",), ("USD",))
    codes = [values.index((currency,)) for *_, currency in events]
    return Conversions(
        np.array([person for person, *_ in events], np.uint64),
        np.array([int(day * DAY) for _, day, *_ in events], np.int64),
        np.array([amount * 10_000 for _, _, amount, _ in events], np.int64),
        Coded(np.array(codes, np.int32), values),
    )


def test_customers_are_counted_by_days_as_the_models_define_it() -> None:
    found = customers(
        conversions((1, 0.1, 10, "EUR"), (1, 0.9, 5, "EUR"), (1, 3.5, 8, "EUR"), (1, 7.2, 4, "EUR"), (2, 5, 7, "EUR")),
        10 * DAY,
        UTC,
    )["EUR"]
    assert found.repeats.tolist() == [2, 0]
    assert found.recency.tolist() == [7, 0]
    assert found.age.tolist() == [9, 4]
    assert found.value.tolist() == [270_000, 70_000]
    assert found.repeat_mean.tolist() == [6, 0]


def test_currencies_are_never_added_and_what_comes_after_the_end_does_not_count() -> None:
    found = customers(conversions((1, 0, 10, "EUR"), (1, 1, 5, "USD"), (1, 12, 9, "EUR")), 10 * DAY, UTC)
    assert {currency: one.value.tolist() for currency, one in found.items()} == {"EUR": [100_000], "USD": [50_000]}


@given(st.lists(st.integers(0, 4 * 365 * DAY), min_size=1, max_size=30))
def test_days_are_those_of_the_zone(moments: list[int]) -> None:
    expected = [
        (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)).astimezone(BERLIN).date() for at in moments
    ]
    found = days(np.array(moments, np.int64), BERLIN).tolist()
    assert [date(1970, 1, 1) + timedelta(days=day) for day in found] == expected


def test_a_prediction_has_an_entry_for_each_customer_and_says_why_where_there_is_none() -> None:
    chance = np.random.default_rng(5)
    events = [
        (person, float(day), int(chance.gamma(3, 10)) + 1, "EUR")
        for person in range(400)
        for day in sorted(chance.choice(300, 1 + chance.geometric(0.4), replace=False).tolist())
    ]
    everybody = customers(conversions(*events), 300 * DAY, UTC)["EUR"]
    found = predict(everybody, 365)
    assert not isinstance(found, NoFit)
    assert len(found.value) == len(everybody.people) == 400
    assert (found.value > 0).all()
    few = customers(conversions(*events[:20]), 300 * DAY, UTC)["EUR"]
    assert isinstance(predict(few, 365), NoFit)
