"""What was measured for key figures, and the figures made of it: for any row, over any bucket or the whole range."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np

from touchline.domain.customer_value.prediction import Prediction
from touchline.domain.kpis.counting import OUTSIDE, Counted, Rows, bucket_of
from touchline.domain.kpis.definitions import INPUTS, KPIS, Kpi
from touchline.domain.kpis.formulas import Figure, Input, Inputs
from touchline.domain.measured_spend import MeasuredSpend
from touchline.domain.queries.measures import amount_text


@dataclass(slots=True)
class Measured:
    rows: Rows
    edges: Sequence[int]
    counted: dict[str, Counted] = field(default_factory=dict)
    money: dict[str, dict[str, Counted]] = field(default_factory=dict)
    whole: dict[str, Input] = field(default_factory=dict)  # known over the whole range and all rows together alone
    missing: dict[str, str] = field(default_factory=dict)  # by input: why it is not known
    models: dict[str, Prediction] = field(default_factory=dict)  # by currency

    def inputs(self, row: int, bucket: int | None = None) -> Inputs:
        """Over one bucket, or the whole range. None is what is not known."""
        return {name: self._input(name, row, bucket) for name in INPUTS}

    def _input(self, name: str, row: int, bucket: int | None) -> Input:
        if name in self.counted:
            return _at(self.counted[name], row, bucket)
        if name in self.money:
            return {currency: _at(one, row, bucket) for currency, one in self.money[name].items()}
        return self.whole.get(name) if row == 0 and bucket is None else None

    def figure(self, kpi: Kpi, row: int, bucket: int | None = None) -> Figure:
        if self.reasons(kpi) or (row and not kpi.broken_down) or (bucket is not None and not kpi.trend):
            return None
        return kpi.compute(self.inputs(row, bucket))

    def reasons(self, kpi: Kpi) -> list[str]:
        """Why it is not known. LTV:CAC does without what is to come."""
        needed = [name for name in kpi.inputs if name != "predicted_value" or kpi.name == "clv_predicted"]
        return sorted({self.missing[name] for name in needed if name in self.missing})


def spend_counted(spend: MeasuredSpend, edges: Sequence[int], rows: Rows) -> dict[str, Counted]:
    """By currency."""
    everything = spend.all()
    place = bucket_of(np.array([one.at for one in everything], np.int64), edges)
    found: dict[str, Counted] = {}
    for one, bucket in zip(everything, place.tolist(), strict=True):
        if bucket == OUTSIDE:
            continue
        empty = np.zeros((rows.number, len(edges) - 1), np.int64)
        counted = found.setdefault(one.currency, Counted(empty, np.zeros(rows.number, np.int64)))
        own = [rows.number - 1 if one.value is None else rows.of_value(one.value)] if rows.broken_down else []
        for row in (0, *own):
            counted.buckets[row, bucket] += one.amount_e4
            counted.total[row] += one.amount_e4
    return dict(sorted(found.items()))


def kpi_facts(measured: Measured, name: str, row: int) -> dict[str, Any]:
    kpi = KPIS[name]
    reasons = measured.reasons(kpi)
    if row and not kpi.broken_down:
        reasons = [*reasons, "It is not broken down: only its whole is told."]
    values = [measured.figure(kpi, row, bucket) for bucket in range(len(measured.edges) - 1)] if kpi.trend else None
    return {"value": measured.figure(kpi, row), "values": values, "why_not": " ".join(reasons) or None}


def input_facts(measured: Measured, names: Sequence[str], row: int) -> dict[str, Any]:
    wanted = [name for name in INPUTS if any(name in KPIS[kpi].inputs for kpi in names)]
    inputs = measured.inputs(row)
    return {name: told(name, inputs[name]) for name in wanted}


def model_facts(measured: Measured) -> dict[str, Any] | None:
    """What was fitted, by currency; None where nothing was."""
    return {currency: _model(one) for currency, one in measured.models.items()} or None


def _model(one: Prediction) -> dict[str, Any]:
    return {
        "customers": len(one.value),
        "expected_purchases": float(one.purchases.mean()),
        "active_share": float(one.active.mean()),
        "buying": asdict(one.buying),
        "spending": asdict(one.spending),
        "correlation": one.correlation,
    }


def told(name: str, found: Input) -> Any:
    """Sums of money as decimal text; numbers of people and months as they are."""
    if not isinstance(found, Mapping):
        return found
    if name in ("value", "spend", "customers_value"):
        return {currency: _text(one) for currency, one in found.items()}
    return {currency: float(f"{one:.4f}") if isinstance(one, float) else one for currency, one in found.items()}


def _text(amount_e4: float) -> str:
    return amount_text(Decimal(int(amount_e4)))


def _at(counted: Counted, row: int, bucket: int | None) -> int:
    return int(counted.total[row] if bucket is None else counted.buckets[row, bucket])
