"""BG/NBD: how often customers will buy again, out of how often and how lately they did.

Fader, Hardie, Lee: "Counting Your Customers the Easy Way", Marketing Science 24 (2005), 275–284. While active
a customer buys as a Poisson process whose rate is Gamma(r, α) over customers, and leaves after each purchase with
a chance that is Beta(a, b) over customers.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Whole = NDArray[np.int64]

NODES: Final = 64  # of the quadrature: checked against the closed form to 10 digits


@dataclass(frozen=True, slots=True)
class Histories:
    """Distinct histories: `repeats` periods with a purchase after the first, the last of them `recency` days after
    the first, known for `age` days; `count` customers have it."""

    repeats: Whole
    recency: Floats
    age: Floats
    count: Whole

    @property
    def customers(self) -> int:
        return int(self.count.sum())

    @property
    def repeaters(self) -> int:
        return int(self.count[self.repeats > 0].sum())


@dataclass(frozen=True, slots=True)
class Buying:
    """All above 0. `alpha` in days."""

    r: float
    alpha: float
    a: float
    b: float


def distinct(repeats: Whole, recency: Floats, age: Floats) -> tuple[Histories, NDArray[np.intp]]:
    """Histories, and for each customer which one it has."""
    table = np.stack((repeats.astype(np.float64), recency, age), axis=1)
    found, of_customer, count = np.unique(table, axis=0, return_inverse=True, return_counts=True)
    return Histories(found[:, 0].astype(np.int64), found[:, 1], found[:, 2], count), of_customer.reshape(-1)


def log_likelihood(histories: Histories, model: Buying) -> float:
    """Equation 6, in logarithms throughout: neither power leaves the range of numbers."""
    x, r, alpha, a, b = histories.repeats, model.r, model.alpha, model.a, model.b
    most = int(x.max(initial=0))
    rising_r, rising_b, rising_ab = (_log_rising(start, most)[x] for start in (r, b, a + b))
    active = -(r + x) * np.log(alpha + histories.age)
    left = np.full(len(x), -np.inf)
    again = x > 0
    left[again] = np.log(a / (b + x[again] - 1)) - (r + x[again]) * np.log(alpha + histories.recency[again])
    each = rising_r + r * np.log(alpha) + rising_b - rising_ab + np.logaddexp(active, left)
    return float(np.dot(each, histories.count))


def chance_active(histories: Histories, model: Buying) -> Floats:
    """That each history's customer has not left yet; 1 for one who never bought again, as the model has it."""
    x = histories.repeats
    again = x > 0
    odds = np.zeros(len(x))
    power = (model.r + x[again]) * np.log(
        (model.alpha + histories.age[again]) / (model.alpha + histories.recency[again])
    )
    odds[again] = np.exp(np.minimum(power, 700.0)) * model.a / (model.b + x[again] - 1)
    return np.asarray(1 / (1 + odds), np.float64)


def expected_purchases(histories: Histories, model: Buying, days: float) -> Floats:
    """How many periods with a purchase each history's customer has in the next `days`.

    Equation 10, as the mean of (1 − (1 + p·s)^−(r+x)) / p over p ~ Beta(a, b + x), s = days / (α + T): of positive
    terms only, and without the pole that the printed form has at a = 1.
    """
    x = histories.repeats
    found = np.empty(len(x))
    scale = days / (model.alpha + histories.age)
    for repeats in np.unique(x):
        nodes, weights = _beta_quadrature(model.a, model.b + float(repeats))
        chosen = x == repeats
        grown = np.outer(scale[chosen], nodes)
        found[chosen] = (-np.expm1(-(model.r + repeats) * np.log1p(grown)) / nodes) @ weights
    return found * chance_active(histories, model)


def _log_rising(start: float, most: int) -> Floats:
    """ln Γ(start + n) − ln Γ(start) for n from 0 to `most`."""
    return np.concatenate(([0.0], np.cumsum(np.log(start + np.arange(most)))))


def _beta_quadrature(a: float, b: float) -> tuple[Floats, Floats]:
    """Nodes in (0, 1) and weights that sum to 1: means over Beta(a, b), by Golub and Welsch from Jacobi polynomials."""
    one, other, n = b - 1, a - 1, np.arange(NODES)
    total = 2 * n + one + other
    with np.errstate(divide="ignore", invalid="ignore"):
        diagonal = (other**2 - one**2) / (total * (total + 2))
        k = n[1:]
        whole = 2 * k + one + other
        beside = 4 * k * (k + one) * (k + other) * (k + one + other) / (whole**2 * (whole + 1) * (whole - 1))
    diagonal[0] = (other - one) / (one + other + 2)  # the same where it is 0 / 0
    beside[0] = 4 * (1 + one) * (1 + other) / ((2 + one + other) ** 2 * (3 + one + other))
    values, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(np.sqrt(beside), 1) + np.diag(np.sqrt(beside), -1))
    return np.maximum((1 + values) / 2, np.finfo(float).tiny), vectors[0] ** 2
