"""What a marketing team asks of its events, as requests to the API."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from local.demo.api import Api
from local.sample_data import SampleData

type Json = dict[str, Any]
Shape = Literal["buckets", "rows", "comparison"]

DELIVERED, OPENED, CLICKED = "email_delivered", "email_opened", "link_clicked"


@dataclass(frozen=True, slots=True)
class Question:
    """`shape` says what of the answer is worth showing: values over time, or totals by row."""

    title: str
    request: Json
    shape: Shape


@dataclass(frozen=True, slots=True)
class Answered:
    question: Question
    answer: Json


def ask(reader: Api, data: SampleData) -> list[Answered]:
    first, after = data.since.date(), data.now.date() + timedelta(days=1)
    questions = _questions({"from": first.isoformat(), "to": after.isoformat()}, after)
    return [Answered(each, reader.post("/v1/queries/timeseries", each.request)) for each in questions]


def _questions(span: Json, after: date) -> list[Question]:
    fortnight = {"from": (after - timedelta(days=14)).isoformat(), "to": after.isoformat()}
    return [
        Question("How busy was each day?", span, "buckets"),
        Question(
            "How many people did we reach in the last 14 days, and in the 14 before?",
            fortnight | {"measure": {"type": "unique_actors"}, "compare": {"with": "previous"}},
            "comparison",
        ),
        Question("Which message is opened more often?", span | _rate(DELIVERED, OPENED, "context.message"), "rows"),
        Question("And which one is clicked?", span | _rate(DELIVERED, CLICKED, "context.message"), "rows"),
        Question(
            "Which campaigns start trials?",
            span | _only("trial_started") | {"breakdown": {"field": "context.campaign", "top": 4}},
            "rows",
        ),
        Question(
            "Which channel turns visitors into trials?",
            span | _rate("page_viewed", "trial_started", "context.channel"),
            "rows",
        ),
        Question(
            "What did we sell each week?",
            span | _only("order_completed") | {"measure": {"type": "sum"}, "interval": "week"},
            "buckets",
        ),
        Question(
            "What is an order worth, by plan?",
            span
            | _only("order_completed")
            | {"measure": {"type": "percentile", "percents": [50, 90]}, "breakdown": {"field": "properties.plan"}},
            "rows",
        ),
    ]


def _only(action: str) -> Json:
    return {"filters": [_is(action)]}


def _rate(of: str, reached: str, by: str) -> Json:
    measure = {"type": "rate", "count": "actors", "numerator": [_is(reached)], "denominator": [_is(of)]}
    # Without the filter the values of the breakdown would be chosen by events that the rate does not look at.
    filters = [{"field": "action", "is": "in", "value": [of, reached]}]
    return {"measure": measure, "filters": filters, "breakdown": {"field": by}}


def _is(action: str) -> Json:
    return {"field": "action", "is": "eq", "value": action}
