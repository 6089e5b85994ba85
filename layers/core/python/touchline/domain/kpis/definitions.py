"""All key figures. What each means is said once, here; docs and answers show these words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from touchline.domain.queries.measures import amount_text, divide

Unit = Literal["count", "rate", "money", "ratio by currency", "months by currency"]
type Money = Mapping[str, int]  # by currency, ten-thousandths
type MoneyPer = Mapping[str, float]  # by currency, units
type Input = int | Money | MoneyPer | None
type Inputs = Mapping[str, Input]
type Figure = int | float | dict[str, str | float | None] | None
Needs = Literal["goal", "spend"]

MONTH_DAYS: Final = 365.25 / 12

INPUTS: Final[dict[str, str]] = {
    "sent": "messages sent (events)",
    "bounced": "messages bounced (events)",
    "delivered": "sent − bounced",
    "openers": "different pairs of person and message with an open",
    "human_openers": "the same, without opens by machines",
    "clickers": "different pairs of person and message with a click",
    "human_clickers": "the same, without clicks by machines",
    "unsubscribed": "different pairs of person and message with an unsubscription",
    "complained": "different pairs of person and message with a complaint",
    "converters": "different people with a conversion in the period",
    "conversions": "conversions in the period (of a goal that counts once: first ones)",
    "value": "value of these conversions, by currency",
    "entered": "different people who entered a campaign in the period",
    "entered_converted": "of these, people with a conversion at or after their first entry of the period",
    "spend": "spend in the period, of events and sheets, by currency",
    "new_customers": "people whose first conversion ever fell in the period",
    "customers_before": "people with a conversion in the period of the same length just before",
    "customers_kept": "of these, people with a conversion in this period",
    "customers": "people with a conversion up to the period's end, by currency of its value",
    "customers_value": "value of all conversions of customers to date, by currency",
    "customer_months": "months since their first conversion, over all customers, by currency",
    "predicted_value": "expected value per customer over the horizon, by currency",
}


@dataclass(frozen=True, slots=True)
class Kpi:
    name: str
    title: str
    definition: str
    inputs: tuple[str, ...]
    unit: Unit
    compute: Callable[[Inputs], Figure]
    needs: tuple[Needs, ...] = ()
    broken_down: bool = True
    trend: bool = True


def _number(inputs: Inputs, name: str) -> int | None:
    found = inputs[name]
    return found if isinstance(found, int) else None


def _money(inputs: Inputs, name: str) -> Money | MoneyPer:
    found = inputs[name]
    return found if isinstance(found, Mapping) else {}


def _share(part: str, whole: str) -> Callable[[Inputs], Figure]:
    def compute(inputs: Inputs) -> Figure:
        above, below = _number(inputs, part), _number(inputs, whole)
        # Fewer than none were delivered where messages bounced that were sent before the period.
        return None if above is None or below is None or below <= 0 else divide(above, below)

    return compute


def _churn(inputs: Inputs) -> Figure:
    before, kept = _number(inputs, "customers_before"), _number(inputs, "customers_kept")
    return None if before is None or kept is None or not before else (before - kept) / before


def _count(name: str) -> Callable[[Inputs], Figure]:
    return lambda inputs: _number(inputs, name)


def _amount(name: str) -> Callable[[Inputs], Figure]:
    return lambda inputs: {currency: amount_text(Decimal(total)) for currency, total in _money(inputs, name).items()}


def _cac(inputs: Inputs) -> Figure:
    new = _number(inputs, "new_customers")
    return {
        currency: amount_text(Decimal(int(total)) / new) if new else None
        for currency, total in _money(inputs, "spend").items()
    }


def _roas(inputs: Inputs) -> Figure:
    value = _money(inputs, "value")
    return {currency: divide(value.get(currency, 0), total) for currency, total in _money(inputs, "spend").items()}


def _historic(inputs: Inputs) -> Figure:
    customers = _money(inputs, "customers")
    return {
        currency: amount_text(Decimal(int(total)) / int(customers[currency])) if customers.get(currency) else None
        for currency, total in _money(inputs, "customers_value").items()
    }


def _predicted(inputs: Inputs) -> Figure:
    return {currency: f"{one:.2f}" for currency, one in _money(inputs, "predicted_value").items()}


def _ltv_cac(inputs: Inputs) -> Figure:
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


def _payback(inputs: Inputs) -> Figure:
    new, months = _number(inputs, "new_customers"), _money(inputs, "customer_months")
    value = _money(inputs, "customers_value")
    found: dict[str, str | float | None] = {}
    for currency, total in _money(inputs, "spend").items():
        monthly = value.get(currency, 0) / months[currency] if months.get(currency) else 0
        found[currency] = total / new / monthly if new and monthly > 0 else None
    return found


KPIS: Final[dict[str, Kpi]] = {
    kpi.name: kpi
    for kpi in (
        Kpi("sent", "Sent", "Messages sent.", ("sent",), "count", _count("sent")),
        Kpi("delivered", "Delivered", "sent − bounced.", ("sent", "bounced"), "count", _count("delivered")),
        Kpi("bounce_rate", "Bounce rate", "bounced / sent.", ("bounced", "sent"), "rate", _share("bounced", "sent")),
        Kpi(
            "open_rate",
            "Open rate",
            "openers / delivered.",
            ("openers", "delivered"),
            "rate",
            _share("openers", "delivered"),
        ),
        Kpi(
            "human_open_rate",
            "Open rate without machines",
            "human_openers / delivered.",
            ("human_openers", "delivered"),
            "rate",
            _share("human_openers", "delivered"),
        ),
        Kpi(
            "click_rate",
            "Click rate",
            "clickers / delivered.",
            ("clickers", "delivered"),
            "rate",
            _share("clickers", "delivered"),
        ),
        Kpi(
            "human_click_rate",
            "Click rate without machines",
            "human_clickers / delivered.",
            ("human_clickers", "delivered"),
            "rate",
            _share("human_clickers", "delivered"),
        ),
        Kpi(
            "click_to_open_rate",
            "Click-to-open rate",
            "clickers / openers.",
            ("clickers", "openers"),
            "rate",
            _share("clickers", "openers"),
        ),
        Kpi(
            "unsubscribe_rate",
            "Unsubscribe rate",
            "unsubscribed / delivered.",
            ("unsubscribed", "delivered"),
            "rate",
            _share("unsubscribed", "delivered"),
        ),
        Kpi(
            "complaint_rate",
            "Complaint rate",
            "complained / delivered.",
            ("complained", "delivered"),
            "rate",
            _share("complained", "delivered"),
        ),
        Kpi(
            "conversion_rate",
            "Conversion rate",
            "converters / delivered.",
            ("converters", "delivered"),
            "rate",
            _share("converters", "delivered"),
            ("goal",),
        ),
        Kpi(
            "campaign_conversion_rate",
            "Conversion rate of campaigns",
            "entered_converted / entered.",
            ("entered_converted", "entered"),
            "rate",
            _share("entered_converted", "entered"),
            ("goal",),
        ),
        Kpi("spend", "Spend", "Spend in the period.", ("spend",), "money", _amount("spend"), ("spend",)),
        Kpi(
            "cac",
            "Cost of a new customer (CAC)",
            "spend / new_customers, by currency.",
            ("spend", "new_customers"),
            "money",
            _cac,
            ("goal", "spend"),
        ),
        Kpi(
            "roas",
            "Return on spend (ROAS)",
            "value / spend, by currency: all conversions, whatever led to them. By channel or campaign the question of "
            "attribution says it, which credits the value by a model.",
            ("value", "spend"),
            "ratio by currency",
            _roas,
            ("goal", "spend"),
            broken_down=False,
        ),
        Kpi(
            "clv_historic",
            "Customer value to date",
            "customers_value / customers, by currency.",
            ("customers_value", "customers"),
            "money",
            _historic,
            ("goal",),
            broken_down=False,
            trend=False,
        ),
        Kpi(
            "clv_predicted",
            "Customer value to come",
            "Mean expected value of a customer over the horizon: BG/NBD × Gamma-Gamma by maximum likelihood, not "
            "discounted, by currency.",
            ("predicted_value",),
            "money",
            _predicted,
            ("goal",),
            broken_down=False,
            trend=False,
        ),
        Kpi(
            "ltv_cac",
            "LTV:CAC",
            "(customers_value / customers + predicted_value) / (spend / new_customers), by currency; without "
            "predicted_value where it could not be fitted.",
            ("customers_value", "customers", "predicted_value", "spend", "new_customers"),
            "ratio by currency",
            _ltv_cac,
            ("goal", "spend"),
            broken_down=False,
            trend=False,
        ),
        Kpi(
            "payback_months",
            "Payback",
            "(spend / new_customers) / (customers_value / customer_months): months of a customer's average value that "
            "pay for winning one, by currency.",
            ("spend", "new_customers", "customers_value", "customer_months"),
            "months by currency",
            _payback,
            ("goal", "spend"),
            broken_down=False,
            trend=False,
        ),
        Kpi(
            "retention_rate",
            "Retention",
            "customers_kept / customers_before.",
            ("customers_kept", "customers_before"),
            "rate",
            _share("customers_kept", "customers_before"),
            ("goal",),
            broken_down=False,
            trend=False,
        ),
        Kpi(
            "churn_rate",
            "Churn",
            "1 − customers_kept / customers_before.",
            ("customers_kept", "customers_before"),
            "rate",
            _churn,
            ("goal",),
            broken_down=False,
            trend=False,
        ),
    )
}
