"""How key figures are computed of their inputs. 0 / 0 is None; currencies are never added."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from touchline.domain.queries.measures import amount_text, divide

type Money = Mapping[str, int]  # by currency, ten-thousandths
type MoneyPer = Mapping[str, float]  # by currency, units
type Input = int | Money | MoneyPer | None
type Inputs = Mapping[str, Input]
type Figure = int | float | dict[str, str | float | None] | None


def _number(inputs: Inputs, name: str) -> int | None:
    found = inputs[name]
    return found if isinstance(found, int) else None


def _money(inputs: Inputs, name: str) -> Money | MoneyPer:
    found = inputs[name]
    return found if isinstance(found, Mapping) else {}


def share(part: str, whole: str) -> Callable[[Inputs], Figure]:
    def compute(inputs: Inputs) -> Figure:
        above, below = _number(inputs, part), _number(inputs, whole)
        # Fewer than none were delivered where messages bounced that were sent before the period.
        return None if above is None or below is None or below <= 0 else divide(above, below)

    return compute


def churn(inputs: Inputs) -> Figure:
    before, kept = _number(inputs, "customers_before"), _number(inputs, "customers_kept")
    return None if before is None or kept is None or not before else (before - kept) / before


def count(name: str) -> Callable[[Inputs], Figure]:
    return lambda inputs: _number(inputs, name)


def amount(name: str) -> Callable[[Inputs], Figure]:
    return lambda inputs: {currency: amount_text(Decimal(total)) for currency, total in _money(inputs, name).items()}


def cac(inputs: Inputs) -> Figure:
    new = _number(inputs, "new_customers")
    return {
        currency: amount_text(Decimal(int(total)) / new) if new else None
        for currency, total in _money(inputs, "spend").items()
    }


def roas(inputs: Inputs) -> Figure:
    value = _money(inputs, "value")
    return {currency: divide(value.get(currency, 0), total) for currency, total in _money(inputs, "spend").items()}


def historic(inputs: Inputs) -> Figure:
    customers = _money(inputs, "customers")
    return {
        currency: amount_text(Decimal(int(total)) / int(customers[currency])) if customers.get(currency) else None
        for currency, total in _money(inputs, "customers_value").items()
    }


def predicted(inputs: Inputs) -> Figure:
    return {currency: f"{one:.2f}" for currency, one in _money(inputs, "predicted_value").items()}


def ltv_cac(inputs: Inputs) -> Figure:
    """Value to date and expected, per customer, against what a new customer costs."""
    new, customers = _number(inputs, "new_customers"), _money(inputs, "customers")
    value, expected = _money(inputs, "customers_value"), _money(inputs, "predicted_value")
    found: dict[str, str | float | None] = {}
    for currency, total in _money(inputs, "spend").items():
        people = customers.get(currency)
        cost = total / new / 10_000 if new else 0
        if not cost or not people:
            found[currency] = None
        else:
            found[currency] = (value[currency] / people / 10_000 + expected.get(currency, 0.0)) / cost
    return found


def payback(inputs: Inputs) -> Figure:
    new, months = _number(inputs, "new_customers"), _money(inputs, "customer_months")
    value = _money(inputs, "customers_value")
    found: dict[str, str | float | None] = {}
    for currency, total in _money(inputs, "spend").items():
        monthly = value.get(currency, 0) / months[currency] if months.get(currency) else 0
        found[currency] = total / new / monthly if new and monthly > 0 else None
    return found
