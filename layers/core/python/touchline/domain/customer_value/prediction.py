"""What customers will be worth over a horizon; where the models cannot be fitted, the reason."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from touchline.domain.customer_value.buying import Buying, Floats, chance_active, expected_purchases
from touchline.domain.customer_value.fitting import NoFit, fit_buying, fit_spending
from touchline.domain.customer_value.purchases import Customers
from touchline.domain.customer_value.spending import Spending, expected_value

# Gamma-Gamma takes it that how often and how much have nothing to do with each other.
CORRELATED: Final = 0.3


@dataclass(frozen=True, slots=True)
class Prediction:
    """One entry for each customer."""

    buying: Buying
    spending: Spending
    purchases: Floats  # expected in the horizon
    value: Floats  # expected in the horizon, in units of the currency
    active: Floats  # the chance that the customer has not left
    correlation: float | None  # of how often and how much, of those who bought again

    def notes(self) -> list[str]:
        if self.correlation is None or abs(self.correlation) <= CORRELATED:
            return []
        return [
            f"How often and how much customers buy are correlated ({self.correlation:.2f}); the model takes them as "
            "independent, so the value to come may be off."
        ]


def predict(customers: Customers, horizon_days: float) -> Prediction | NoFit:
    histories, of_customer = customers.histories()
    buying = fit_buying(histories)
    if isinstance(buying, NoFit):
        return buying
    spending = fit_spending(customers.baskets())
    if isinstance(spending, NoFit):
        return spending
    purchases = expected_purchases(histories, buying.model, horizon_days)[of_customer]
    chosen = customers.with_baskets()
    repeats = np.where(chosen, customers.repeats, 0)
    each = expected_value(repeats, np.where(chosen, customers.repeat_mean, 0.0), spending.model)
    return Prediction(
        buying.model,
        spending.model,
        purchases,
        purchases * each,
        chance_active(histories, buying.model)[of_customer],
        _correlation(customers),
    )


def _correlation(customers: Customers) -> float | None:
    chosen = customers.with_baskets()
    often, much = customers.repeats[chosen], customers.repeat_mean[chosen]
    if len(often) < 2 or not often.std() or not much.std():
        return None
    return float(np.corrcoef(often, much)[0, 1])
