"""Intervals that hold however often one looks: asymptotic confidence sequences.

Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas: "Time-uniform central limit theory and asymptotic confidence sequences",
Annals of Statistics 52 (2024): theorem 2.2, and ρ as in their section B.2.
"""

import math
from typing import Final

from touchline.domain.statistics.proportions import Interval, Share

# The interval is tightest at so many contacts in both arms together; it holds at any number.
TIGHTEST_AT: Final = 5_000


def sequential_interval(one: Share, base: Share, confidence: float) -> Interval | None:
    """Of `one.rate − base.rate`, at every moment at once with probability `confidence` (for many contacts)."""
    found = _error(one, base)
    if found is None:
        return None
    difference, error, n = found
    alpha = 1 - confidence
    rho2 = _rho_squared(alpha)
    spread = n * rho2 + 1
    half = error * math.sqrt(2 * spread / (n * rho2) * math.log(math.sqrt(spread) / alpha))
    return Interval(max(-1.0, difference - half), min(1.0, difference + half))


def sequential_p(one: Share, base: Share, confidence: float) -> float | None:
    """The level at which the sequence tuned for `confidence` just holds 0: a p-value that holds at every look."""
    found = _error(one, base)
    if found is None:
        return None
    difference, error, n = found
    n_rho2 = n * _rho_squared(1 - confidence)
    exponent = math.log(n_rho2 + 1) / 2 - (difference / error) ** 2 * n_rho2 / (2 * (n_rho2 + 1))
    return math.exp(min(0.0, exponent))


def _rho_squared(alpha: float) -> float:
    inside = -2 * math.log(alpha)
    return (inside + math.log(inside + 1)) / TIGHTEST_AT


def _error(one: Share, base: Share) -> tuple[float, float, int] | None:
    """Difference, its standard error, and the contacts of both; None where there is no spread to go by."""
    if not one.of or not base.of:
        return None
    p1, p0 = one.hits / one.of, base.hits / base.of
    error = math.sqrt(p1 * (1 - p1) / one.of + p0 * (1 - p0) / base.of)
    return (p1 - p0, error, one.of + base.of) if error > 0 else None
