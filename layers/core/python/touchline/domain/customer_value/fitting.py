"""Both models fitted by maximum likelihood. A fit that fails says why; nothing is made up in its place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from iminuit import Minuit

from touchline.domain.customer_value import buying, spending
from touchline.domain.customer_value.buying import Buying, Histories
from touchline.domain.customer_value.spending import Baskets, Spending

LEAST_CUSTOMERS: Final = 100
LEAST_REPEATERS: Final = 20
# Logarithms of parameters, in the data's own scale: a maximum outside lies at infinity or at zero.
FARTHEST: Final = 12.0
MOST_CALLS: Final = 4_000


@dataclass(frozen=True, slots=True)
class NoFit:
    reason: str


@dataclass(frozen=True, slots=True)
class Fitted[Model]:
    model: Model
    log_likelihood: float


def fit_buying(histories: Histories) -> Fitted[Buying] | NoFit:
    """Days are scaled to the longest age while fitting, so that the start is near for any data."""
    if histories.customers < LEAST_CUSTOMERS or histories.repeaters < LEAST_REPEATERS:
        return NoFit(
            f"{histories.customers:,} customers, of whom {histories.repeaters:,} bought again: the fit needs "
            f"{LEAST_CUSTOMERS} and {LEAST_REPEATERS}."
        )
    unit = float(histories.age.max())
    if unit <= 0:
        return NoFit("All customers bought for the first time today.")
    scaled = Histories(histories.repeats, histories.recency / unit, histories.age / unit, histories.count)

    def cost(logs: Sequence[float]) -> float:
        return -buying.log_likelihood(scaled, Buying(*np.exp(logs)))

    found = _minimum(
        cost, ("r", "alpha", "a", "b"), [(0, 0, 0, 0), (-1.5, -2, 0, 1), (0.5, -1, -2, 1), (-1, -1, -1, -1)]
    )
    if isinstance(found, NoFit):
        return found
    (r, alpha, a, b), lowest = found
    return Fitted(Buying(r, alpha * unit, a, b), -lowest - _scale_term(histories, unit))


def fit_spending(baskets: Baskets) -> Fitted[Spending] | NoFit:
    if len(baskets.mean) < LEAST_REPEATERS:
        return NoFit(f"{len(baskets.mean):,} customers bought again for an amount: the fit needs {LEAST_REPEATERS}.")
    unit = float(baskets.mean.mean())
    scaled = Baskets(baskets.repeats, baskets.mean / unit)

    def cost(logs: Sequence[float]) -> float:
        return -spending.log_likelihood(scaled, Spending(*np.exp(logs)))

    found = _minimum(cost, ("p", "q", "gamma"), [(1, 1, 0), (2, 1, 1), (0, 2, 2)])
    if isinstance(found, NoFit):
        return found
    (p, q, gamma), lowest = found
    if q <= 1:
        return NoFit("Amounts are spread so widely that they have no mean over customers (q is not above 1).")
    return Fitted(Spending(p, q, gamma * unit), -lowest - len(baskets.mean) * float(np.log(unit)))


def _scale_term(histories: Histories, unit: float) -> float:
    """Of x purchases per unit of time the density has the dimension time^−x."""
    return float(histories.repeats @ histories.count) * float(np.log(unit))


def _minimum(
    cost: Callable[[Sequence[float]], float], names: Sequence[str], starts: Sequence[Sequence[float]]
) -> tuple[list[float], float] | NoFit:
    """The lowest of what the starts lead to, as parameters and their cost."""
    best: Minuit | None = None
    for start in starts:
        with np.errstate(over="ignore", invalid="ignore"):
            search = Minuit(cost, np.array(start, np.float64), name=tuple(names))
            search.errordef = Minuit.LIKELIHOOD
            search.limits = (-FARTHEST, FARTHEST)
            search.migrad(ncall=MOST_CALLS)
        if search.valid and search.fval is not None and (best is None or search.fval < float(best.fval or 0.0) - 1e-6):
            best = search
    if best is None or best.fval is None:
        return NoFit("The likelihood has no maximum that could be found.")
    logs = [float(value) for value in best.values]
    far = [name for name, value in zip(names, logs, strict=True) if abs(value) > FARTHEST - 1]
    if far:
        return NoFit(f"The likelihood grows without end in {', '.join(far)}: these customers do not tell it.")
    return [float(np.exp(value)) for value in logs], float(best.fval)
