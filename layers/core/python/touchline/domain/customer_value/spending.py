"""Gamma-Gamma: what a customer's purchases are worth on average, out of those so far.

Fader, Hardie: "The Gamma-Gamma Model of Monetary Value" (2013). A purchase is Gamma(p, ν), ν is Gamma(q, γ) over
customers; how often somebody buys says nothing about how much.
"""

from dataclasses import dataclass
from functools import cached_property
from math import lgamma

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Baskets:
    """Customers who bought again: `repeats` times, for `mean` on average, both above 0."""

    repeats: Whole
    mean: Floats

    @cached_property
    def kinds(self) -> tuple[Whole, NDArray[np.intp]]:
        found, of_customer = np.unique(self.repeats, return_inverse=True)
        return found, of_customer

    @cached_property
    def total(self) -> Floats:
        return self.repeats * self.mean

    @cached_property
    def fixed(self) -> tuple[float, float, float]:
        """Σ x ln z, Σ ln z, Σ x ln x: what does not change from one step of the fit to the next."""
        logs = np.log(self.mean)
        return float(self.repeats @ logs), float(logs.sum()), float(self.repeats @ np.log(self.repeats))


@dataclass(frozen=True, slots=True)
class Spending:
    """All above 0; `q` above 1 where a mean over customers exists."""

    p: float
    q: float
    gamma: float


def log_likelihood(baskets: Baskets, model: Spending) -> float:
    """Equation 1a."""
    p, q, gamma = model.p, model.q, model.gamma
    kinds, of_customer = baskets.kinds
    by_kind = np.array([lgamma(p * x + q) - lgamma(p * x) for x in kinds.tolist()])
    weighted, logs, own = baskets.fixed
    spread = float((p * baskets.repeats + q) @ np.log(gamma + baskets.total))
    constant = len(baskets.mean) * (q * np.log(gamma) - lgamma(q))
    return float(by_kind[of_customer].sum() + constant + p * weighted - logs + p * own - spread)


def expected_value(repeats: Whole, mean: Floats, model: Spending) -> Floats:
    """Of a customer's purchases to come; the mean of all customers for one who never bought again. Needs q > 1."""
    p, q, gamma = model.p, model.q, model.gamma
    return np.asarray(p * (gamma + repeats * mean) / (p * repeats + q - 1), np.float64)
