"""All key figures. What each means is said once, here; docs and answers show these words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from touchline.domain.goals import ENTRY_ACTIONS
from touchline.domain.kpis.formulas import (
    Figure,
    Inputs,
    amount,
    cac,
    churn,
    count,
    historic,
    ltv_cac,
    payback,
    predicted,
    roas,
    share,
)

Unit = Literal["count", "rate", "money", "ratio by currency", "months by currency"]
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
    "entered": f"different people with an entry ({', '.join(ENTRY_ACTIONS)}) in the period, their first or not",
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


KPIS: Final[dict[str, Kpi]] = {
    kpi.name: kpi
    for kpi in (
        Kpi("sent", "Sent", "Messages sent.", ("sent",), "count", count("sent")),
        Kpi("delivered", "Delivered", "sent − bounced.", ("sent", "bounced"), "count", count("delivered")),
        Kpi("bounce_rate", "Bounce rate", "bounced / sent.", ("bounced", "sent"), "rate", share("bounced", "sent")),
        Kpi(
            "open_rate",
            "Open rate",
            "openers / delivered.",
            ("openers", "delivered"),
            "rate",
            share("openers", "delivered"),
        ),
        Kpi(
            "human_open_rate",
            "Open rate without machines",
            "human_openers / delivered.",
            ("human_openers", "delivered"),
            "rate",
            share("human_openers", "delivered"),
        ),
        Kpi(
            "click_rate",
            "Click rate",
            "clickers / delivered.",
            ("clickers", "delivered"),
            "rate",
            share("clickers", "delivered"),
        ),
        Kpi(
            "human_click_rate",
            "Click rate without machines",
            "human_clickers / delivered.",
            ("human_clickers", "delivered"),
            "rate",
            share("human_clickers", "delivered"),
        ),
        Kpi(
            "click_to_open_rate",
            "Click-to-open rate",
            "clickers / openers.",
            ("clickers", "openers"),
            "rate",
            share("clickers", "openers"),
        ),
        Kpi(
            "unsubscribe_rate",
            "Unsubscribe rate",
            "unsubscribed / delivered.",
            ("unsubscribed", "delivered"),
            "rate",
            share("unsubscribed", "delivered"),
        ),
        Kpi(
            "complaint_rate",
            "Complaint rate",
            "complained / delivered.",
            ("complained", "delivered"),
            "rate",
            share("complained", "delivered"),
        ),
        Kpi(
            "conversion_rate",
            "Conversion rate",
            "converters / delivered.",
            ("converters", "delivered"),
            "rate",
            share("converters", "delivered"),
            ("goal",),
        ),
        Kpi(
            "campaign_conversion_rate",
            "Conversion rate of campaigns",
            "entered_converted / entered.",
            ("entered_converted", "entered"),
            "rate",
            share("entered_converted", "entered"),
            ("goal",),
        ),
        Kpi("spend", "Spend", "Spend in the period.", ("spend",), "money", amount("spend"), ("spend",)),
        Kpi(
            "cac",
            "Cost of a new customer (CAC)",
            "spend / new_customers, by currency.",
            ("spend", "new_customers"),
            "money",
            cac,
            ("goal", "spend"),
        ),
        Kpi(
            "roas",
            "Return on spend (ROAS)",
            "value / spend, by currency: all conversions, whatever led to them. By channel or campaign the question of "
            "attribution says it, which credits the value by a model.",
            ("value", "spend"),
            "ratio by currency",
            roas,
            ("goal", "spend"),
            broken_down=False,
        ),
        Kpi(
            "clv_historic",
            "Customer value to date",
            "customers_value / customers, by currency.",
            ("customers_value", "customers"),
            "money",
            historic,
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
            predicted,
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
            ltv_cac,
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
            payback,
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
            share("customers_kept", "customers_before"),
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
            churn,
            ("goal",),
            broken_down=False,
            trend=False,
        ),
    )
}
