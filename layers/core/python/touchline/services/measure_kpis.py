"""What key figures are made of, measured once for each range: messages, conversions, spend, customers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from touchline.domain.customer_value.fitting import NoFit
from touchline.domain.customer_value.prediction import predict
from touchline.domain.customer_value.purchases import Customers, customers
from touchline.domain.kpis.conversions import (
    Converted,
    conversions,
    count_conversions,
    counted_in,
    kept,
    latest,
    of_customers,
)
from touchline.domain.kpis.counting import Rows, bucket_of, top_values
from touchline.domain.kpis.definitions import MONTH_DAYS
from touchline.domain.kpis.machines import QUICK_MS
from touchline.domain.kpis.measured import Measured, spend_counted
from touchline.domain.kpis.messages import count_entered_converted, count_messages, messages
from touchline.domain.kpis.question import KpisQuestion
from touchline.domain.measured_spend import MeasuredSpend
from touchline.domain.queries.clock import DAY, instant
from touchline.domain.queries.ranges import EARLIEST, TimeRange
from touchline.domain.sequences.rows import EventRows, RowsQuestion
from touchline.domain.tenancy import Tenant
from touchline.errors import InvalidRequest
from touchline.services.measure_spend import spend_by
from touchline.services.rows_of_everybody import rows_of_everybody
from touchline.services.sources import Sources, Work

STEPS: Final = 5
NO_GOAL: Final = "No goal is named: its conversions are needed."
NO_SPEND: Final = (
    "No spend is known in this range: send events with the action spend_recorded, or upload a sheet (PUT /v1/spend/…)."
)
NO_VALUE: Final = "No conversion up to here has a value."
OF_GOALS: Final = (
    *("converters", "conversions", "value", "entered_converted", "new_customers", "customers_before"),
    *("customers_kept", "customers", "customers_value", "customer_months", "predicted_value"),
)
OF_CUSTOMERS: Final = ("customers", "customers_value", "customer_months", "predicted_value")


@dataclass(frozen=True, slots=True)
class Asked:
    question: KpisQuestion
    tenant: Tenant
    sources: Sources
    work: Work

    def where(self) -> tuple[Tenant, Sources]:
        return self.tenant, self.sources


def measure_kpis(asked: Asked, edges: Sequence[int], rows: Rows | None = None) -> tuple[Measured, list[str]]:
    """And notes. `rows`: of a breakdown that was chosen before; chosen out of these edges' events where None."""
    question, work = asked.question, asked.work
    span = TimeRange(edges[0], max(edges[-1], edges[0] + 1))
    work.reach(0, STEPS)
    sent = messages_of(asked, span)
    work.reach(1, STEPS)
    spend = spend_by(question.breakdown.field if question.breakdown else None, span, question.scope, *asked.where())
    rows = _rows(question, sent, spend, edges) if rows is None else rows
    found = messages(sent, question, edges, rows)
    measured = Measured(rows, edges, count_messages(found))
    measured.money["spend"] = spend_counted(spend, edges, rows)
    if not measured.money["spend"]:
        measured.missing["spend"] = NO_SPEND
    work.reach(2, STEPS)
    if question.goal is None:
        measured.missing |= dict.fromkeys(OF_GOALS, NO_GOAL)
        return measured, []
    converted = converted_until(asked, span.end)
    inside = counted_in(converted, edges, question.breakdown.field.name if question.breakdown else None, rows)
    measured.counted |= count_conversions(converted, inside)
    measured.counted["entered_converted"] = count_entered_converted(found, *latest(converted))
    measured.money["value"] = inside.sums(converted.amounts, converted.currencies)
    before, again = kept(converted, (2 * span.start - span.end, span.start), (span.start, span.end))
    measured.whole |= {"customers_before": len(before), "customers_kept": len(again)}
    work.reach(3, STEPS)
    notes = _add_customers(measured, converted, asked, span.end)
    work.reach(STEPS, STEPS)
    return measured, notes


def converted_until(asked: Asked, end: int) -> Converted:
    """All of the history: a first conversion is the first that is kept."""
    question = asked.question
    goal = question.goal
    if goal is None:
        raise InvalidRequest("Name a goal: these people are told by its conversions.", field="goal")
    rows = rows_of_everybody(
        RowsQuestion(
            TimeRange(instant(EARLIEST), end),
            criteria=question.goal_criteria(),
            fields=(question.breakdown.field,) if question.breakdown else (),
            amounts=goal.value == "event",
            segment=question.scope.segment,
        ),
        asked.tenant.id,
        asked.sources,
        asked.work,
    )
    return conversions(rows, goal, filtered=bool(question.scope.filters))


def messages_of(asked: Asked, span: TimeRange) -> EventRows:
    """From a little before: an open may follow what was sent just before the range."""
    question = asked.question
    return rows_of_everybody(
        RowsQuestion(
            TimeRange(span.start - QUICK_MS, span.end),
            filters=question.scope.filters,
            criteria=question.message_criteria(),
            fields=question.fields(),
            segment=question.scope.segment,
        ),
        asked.tenant.id,
        asked.sources,
        asked.work,
    )


def _rows(question: KpisQuestion, sent: EventRows, spend: MeasuredSpend, edges: Sequence[int]) -> Rows:
    """The values with the most events of messages; where these are fewer than wanted, others that cost something."""
    breakdown = question.breakdown
    if breakdown is None:
        return Rows()
    found = top_values(sent.fields[breakdown.field.name], bucket_of(sent.at, edges), breakdown.top)
    paid = sorted((one for one in spend.by_value() if one is not None and one not in found.keys), key=str)
    return Rows((*found.keys, *paid[: breakdown.top - len(found.keys)]), broken_down=True)


def _add_customers(measured: Measured, converted: Converted, asked: Asked, end: int) -> list[str]:
    question = asked.question
    if not any(question.needs(name) for name in OF_CUSTOMERS):
        return []
    by_currency = customers(of_customers(converted), end, question.scope.zone)
    if not by_currency:
        measured.missing |= dict.fromkeys(OF_CUSTOMERS, NO_VALUE)
        return []
    measured.whole |= {
        "customers": {currency: len(one.people) for currency, one in by_currency.items()},
        "customers_value": {currency: int(one.value.sum()) for currency, one in by_currency.items()},
        "customer_months": {
            currency: float((end - one.since).sum() / DAY / MONTH_DAYS) for currency, one in by_currency.items()
        },
    }
    return _add_prediction(measured, asked, by_currency) if question.needs("predicted_value") else []


def _add_prediction(measured: Measured, asked: Asked, by_currency: dict[str, Customers]) -> list[str]:
    """A currency whose fit fails has no prediction; where none has, the reason is told in place of the figure."""
    values: dict[str, float] = {}
    notes, reasons = [], []
    for number, (currency, one) in enumerate(by_currency.items()):
        asked.work.reach(3 * len(by_currency) + number, STEPS * len(by_currency))
        found = predict(one, asked.question.horizon_days)
        if isinstance(found, NoFit):
            reasons.append(f"No prediction in {currency}: {found.reason}")
        else:
            values[currency] = float(found.value.mean())
            measured.models[currency] = found
            notes += found.notes()
    if not values:
        measured.missing["predicted_value"] = " ".join(reasons)
        return notes
    measured.whole["predicted_value"] = values
    return notes + reasons
