"""Whether arms have as many contacts as the split said: if not, something chose who is in which."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WARNS_BELOW: Final = 0.001


@dataclass(frozen=True, slots=True)
class SampleRatio:
    expected: tuple[float, ...]
    chi_square: float
    p_value: float

    @property
    def mismatch(self) -> bool:
        return self.p_value < WARNS_BELOW


def sample_ratio(observed: Sequence[int], weights: Sequence[float]) -> SampleRatio | None:
    """Pearson's test of the counts against the split `weights` (all above 0, any sum); None below two arms."""
    total, whole = sum(observed), math.fsum(weights)
    if len(observed) < 2 or not total:
        return None
    expected = tuple(total * weight / whole for weight in weights)
    chi_square = math.fsum((seen - due) ** 2 / due for seen, due in zip(observed, expected, strict=True))
    return SampleRatio(expected, chi_square, chi_square_survival(chi_square, len(observed) - 1))


def chi_square_survival(x: float, freedom: int) -> float:
    """P(χ² > x) for whole degrees of freedom, in closed form: Abramowitz and Stegun 26.4.4 and 26.4.5.

    Terms are formed with e^(−x/2) inside, so that neither factor runs out of range alone.
    """
    half, odd = x / 2, freedom % 2
    if half <= 0:
        return 1.0
    start = math.erfc(math.sqrt(half)) if odd else 0.0
    powers = (step / 2 for step in range(odd, freedom - odd, 2))
    terms = (math.exp(power * math.log(half) - half - math.lgamma(power + 1)) for power in powers)
    return min(1.0, start + math.fsum(terms))
