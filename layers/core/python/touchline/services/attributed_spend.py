"""What each row of an attributed report cost, and the value credited for it: return on ad spend."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from touchline.domain.attributed import Value, value_key
from touchline.domain.attribution_rows import ABSENT, AttributionRow
from touchline.domain.measured_spend import MeasuredSpend, Money
from touchline.domain.queries.measures import amount_text


def spend_facts(rows: Sequence[AttributionRow], spend: MeasuredSpend, models: Sequence[str]) -> list[dict[str, Any]]:
    """As the rows: all spend of the period for the row's values, also where nothing converted. It adds up to all
    spend; ratios are of the same currency, and null where nothing was spent."""
    by_value = {value_key(value): money for value, money in spend.by_value().items()}
    keys = [value_key(row.value) if row.kind == "value" else ABSENT for row in rows]
    rest = [money for key, money in by_value.items() if key not in {*keys, ABSENT}]
    costs = [
        _added(rest) if row.kind == "other" else by_value.get(key, {}) for row, key in zip(rows, keys, strict=True)
    ]
    return [_facts(row, cost, models) for row, cost in zip(rows, costs, strict=True)]


def spent_values(spend: MeasuredSpend) -> list[Value]:
    return [value for value in spend.by_value() if value is not None]


def money_facts(money: Mapping[str, int]) -> dict[str, str]:
    return {currency: amount_text(Decimal(amount)) for currency, amount in sorted(money.items())}


def _facts(row: AttributionRow, cost: Money, models: Sequence[str]) -> dict[str, Any]:
    return {
        "spend": money_facts(cost),
        "roas": {
            model: {
                currency: float(row.credit[model].values.get(currency, 0)) / amount if amount else None
                for currency, amount in sorted(cost.items())
            }
            for model in models
        },
    }


def _added(several: Sequence[Money]) -> Money:
    sums: Money = {}
    for money in several:
        for currency, amount in money.items():
            sums[currency] = sums.get(currency, 0) + amount
    return sums
