"""Rates of two groups: each with its interval, their difference, and their ratio."""

import math
from dataclasses import dataclass

from touchline.domain.statistics.normal import two_sided, two_sided_p


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `of`; 0 ≤ hits ≤ of."""

    hits: int
    of: int

    @property
    def rate(self) -> float | None:
        return self.hits / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float


def wilson(share: Share, confidence: float) -> Interval | None:
    """The score interval of a rate (Wilson 1927), without continuity correction; None of nothing."""
    if not share.of:
        return None
    z2, n, p = two_sided(confidence) ** 2, share.of, share.hits / share.of
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (p * (1 - p) + z2 / (4 * n)) / n) / (1 + z2 / n)
    # At the ends the formula gives 0 and 1 but for rounding.
    return Interval(
        0.0 if share.hits == 0 else max(0.0, middle - half), 1.0 if share.hits == n else min(1.0, middle + half)
    )


def newcombe(one: Share, base: Share, confidence: float) -> Interval | None:
    """The interval of `one.rate − base.rate` out of both score intervals (Newcombe 1998, method 10)."""
    ours, theirs = wilson(one, confidence), wilson(base, confidence)
    if ours is None or theirs is None:
        return None
    p1, p0 = one.hits / one.of, base.hits / base.of
    difference = p1 - p0
    return Interval(
        difference - math.hypot(p1 - ours.low, theirs.high - p0),
        difference + math.hypot(ours.high - p1, p0 - theirs.low),
    )


def pooled_z(one: Share, base: Share) -> float | None:
    """The statistic of the z-test with the pooled rate; None where both rates are 0, or both 1, or one is unknown."""
    if not one.of or not base.of:
        return None
    pooled = (one.hits + base.hits) / (one.of + base.of)
    variance = pooled * (1 - pooled) * (1 / one.of + 1 / base.of)
    return (one.hits / one.of - base.hits / base.of) / math.sqrt(variance) if variance > 0 else None


def pooled_p(one: Share, base: Share) -> float | None:
    """Two-sided."""
    z = pooled_z(one, base)
    return None if z is None else two_sided_p(z)


@dataclass(frozen=True, slots=True)
class Lift:
    """`one.rate / base.rate − 1`, with its own interval where both have hits."""

    value: float
    interval: Interval | None


def lift(one: Share, base: Share, confidence: float) -> Lift | None:
    """By the logarithm of the ratio (Katz et al. 1978); None where the base's rate is 0 or unknown."""
    if not one.of or not base.hits:
        return None
    ratio = (one.hits / one.of) / (base.hits / base.of)
    if not one.hits:
        return Lift(ratio - 1, None)
    error = math.sqrt(max(0.0, 1 / one.hits - 1 / one.of + 1 / base.hits - 1 / base.of))
    half = two_sided(confidence) * error
    return Lift(ratio - 1, Interval(ratio * math.exp(-half) - 1, ratio * math.exp(half) - 1))
