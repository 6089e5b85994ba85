"""Data-driven attribution: what would be lost without a channel, in a first-order absorbing Markov chain.

The chain's states are the values of a dimension; a path begins at the start and ends at a conversion or without one.
The removal effect of a state is the probability of the paths that convert and pass through it. Nothing is simulated:
with N = (I - Q)^-1, a path ever reaches state j with (s N)_j / N_jj and converts from there with (N r)_j.

Anderl, Becker, von Wangenheim, Schumann: "Mapping the customer journey" (2016), for the model; Kemeny and Snell:
"Finite Markov Chains" (1960), chapter 3, for the solution.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

# Below, a single path more or less moves the shares.
FEWEST_CONVERSIONS: Final = 30
# The values with the most touches are states of their own; the others are one state together.
MOST_STATES: Final = 50


@dataclass(frozen=True, slots=True)
class Chain:
    """Counts over all paths. n states; a path of k touches has k - 1 steps."""

    starts: NDArray[np.int64]  # (n,) paths that begin in a state
    steps: NDArray[np.int64]  # (n, n) from row to column
    converted: NDArray[np.int64]  # (n,) paths that convert from a state
    lost: NDArray[np.int64]  # (n,) paths that end in a state without a conversion


def why_not(chain: Chain) -> str | None:
    """Why nothing can be learnt from these paths; None where it can."""
    conversions, lost = int(chain.converted.sum()), int(chain.lost.sum())
    if conversions < FEWEST_CONVERSIONS:
        return f"{conversions:,} converting paths are too few: at least {FEWEST_CONVERSIONS} are needed"
    return None if lost else "there is no path without a conversion to compare with"


def removal_effects(chain: Chain) -> NDArray[np.float64]:
    """(n,): by how much the probability of a conversion falls without a state. States that no path visits have 0."""
    starts, inner, to_conversion = _solvable(chain)
    visits = np.linalg.inv(inner)
    reached = starts @ visits / np.diag(visits)
    return np.asarray(reached * (visits @ to_conversion), np.float64)


def conversion_probability(chain: Chain) -> float:
    starts, inner, to_conversion = _solvable(chain)
    return float(starts @ np.linalg.solve(inner, to_conversion))


def _solvable(chain: Chain) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The probabilities of each start, I - Q, and those of converting from each state at once."""
    left = chain.steps.sum(1) + chain.converted + chain.lost
    per_visit = np.divide(1.0, left, out=np.zeros(len(left)), where=left > 0)
    starts = chain.starts / max(1, int(chain.starts.sum()))
    return starts, np.eye(len(left)) - chain.steps * per_visit[:, None], chain.converted * per_visit


def removal_shares(chain: Chain) -> list[Fraction]:
    """The effects, normalised: they add up to exactly 1."""
    effects = [Fraction(max(0.0, float(effect))) for effect in removal_effects(chain)]
    whole = sum(effects, Fraction(0))
    return [effect / whole for effect in effects]
