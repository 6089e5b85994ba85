"""What a marketing team asks of its events, as requests to the API."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from local.demo.api import Api
from local.sample_data import SampleData

type Json = dict[str, Any]
Shape = Literal["buckets", "comparison"]


@dataclass(frozen=True, slots=True)
class Question:
    """`shape` says what of the answer is worth showing: values over time, or the totals of two periods."""

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
        Question(
            "What did we sell each week?",
            span | _only("order_completed") | {"measure": {"type": "sum"}, "interval": "week"},
            "buckets",
        ),
    ]


def _only(action: str) -> Json:
    return {"filters": [_is(action)]}


def _is(action: str) -> Json:
    return {"field": "action", "is": "eq", "value": action}
