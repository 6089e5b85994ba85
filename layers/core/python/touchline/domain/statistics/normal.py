"""The normal distribution, as the other formulas use it."""

import math
from functools import lru_cache
from statistics import NormalDist


@lru_cache(maxsize=64)
def two_sided(confidence: float) -> float:
    """How many standard errors either side hold `confidence` (between 0 and 1)."""
    return NormalDist().inv_cdf((1 + confidence) / 2)


def two_sided_p(z: float) -> float:
    """How likely something at least as far from 0 is; by erfc, which stays right where 1 − Φ(z) has no digits left."""
    return math.erfc(abs(z) / math.sqrt(2))
