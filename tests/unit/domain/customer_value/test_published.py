"""The models on the data of their papers, with the figures that these print."""

import csv
from pathlib import Path

import numpy as np
import pytest
from touchline.domain.customer_value.buying import Buying, Histories, expected_purchases, log_likelihood
from touchline.domain.customer_value.fitting import Fitted, fit_buying, fit_spending
from touchline.domain.customer_value.spending import Baskets, Spending, expected_value

DATA = Path(__file__).parents[3] / "data"
PRINTED = Buying(0.243, 4.414, 0.793, 2.426)


def columns(name: str) -> list[np.ndarray]:
    with (DATA / name).open(encoding="utf-8") as table:
        rows = list(csv.reader(table))[1:]
    return [np.array(column, np.float64) for column in zip(*rows, strict=True)]


@pytest.fixture(scope="module")
def histories() -> Histories:
    x, t_x, age, customers = columns("cdnow_histories.csv")
    return Histories(x.astype(np.int64), t_x, age, customers.astype(np.int64))


@pytest.fixture(scope="module")
def baskets() -> Baskets:
    x, mean, customers = columns("cdnow_baskets.csv")
    times = customers.astype(np.int64)
    return Baskets(np.repeat(x, times).astype(np.int64), np.repeat(mean, times))


def test_bg_nbd_is_fitted_as_printed(histories: Histories) -> None:
    """Fader, Hardie, Lee (2005), table 2: r = .243, α = 4.414, a = .793, b = 2.426, LL = −9582.4."""
    found = fit_buying(histories)
    assert isinstance(found, Fitted)
    assert [round(value, 3) for value in (found.model.r, found.model.a, found.model.b)] == [0.243, 0.793, 2.426]
    assert found.model.alpha == pytest.approx(4.414, abs=1e-3)
    assert found.log_likelihood == pytest.approx(-9582.4, abs=0.05)
    assert found.log_likelihood == pytest.approx(log_likelihood(histories, found.model), abs=1e-6)


def test_the_paper_s_customer_is_expected_to_buy_as_printed() -> None:
    """Fader, Hardie, Lee: "Implementing the BG/NBD Model … in Excel": x = 2, t_x = 30.43, T = 38.86, in 39 weeks."""
    one = Histories(np.array([2]), np.array([30.43]), np.array([38.86]), np.array([1]))
    assert expected_purchases(one, PRINTED, 39)[0] == pytest.approx(1.226, abs=5e-4)


def test_gamma_gamma_is_fitted_as_printed(baskets: Baskets) -> None:
    """Fader, Hardie (2013): p = 6.25, q = 3.74, γ = 15.44; on a summary with means rounded to cents."""
    found = fit_spending(baskets)
    assert isinstance(found, Fitted)
    assert found.model.p == pytest.approx(6.25, abs=0.01)
    assert found.model.q == pytest.approx(3.74, abs=0.01)
    assert found.model.gamma == pytest.approx(15.44, abs=0.02)


def test_a_mean_is_drawn_to_that_of_all_as_printed() -> None:
    """The same paper: a customer seen to spend nothing is expected to spend the mean of all, pγ/(q−1) = 35.2."""
    model = Spending(6.25, 3.74, 15.44)
    seen = expected_value(np.array([0, 1, 1_000]), np.array([0.0, 100.0, 100.0]), model)
    assert seen[0] == pytest.approx(35.2, abs=0.05)
    assert seen[0] < seen[1] < seen[2] == pytest.approx(100, abs=0.2)


def test_the_unit_of_time_changes_nothing_but_the_unit(histories: Histories) -> None:
    weeks = fit_buying(histories)
    days = fit_buying(Histories(histories.repeats, histories.recency * 7, histories.age * 7, histories.count))
    assert isinstance(weeks, Fitted)
    assert isinstance(days, Fitted)
    assert days.model.alpha == pytest.approx(7 * weeks.model.alpha, rel=1e-3)
    assert days.model.r == pytest.approx(weeks.model.r, rel=1e-3)
