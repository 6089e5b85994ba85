"""Attribution: what earned a goal's conversions."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, Field
from touchline.domain.sequences.behind import PeopleBehind
from touchline.domain.tenancy import Tenant
from touchline.services.answer_attribution import answer_attribution
from touchline.services.attributed_people import people_attributed
from touchline.services.sources import Sources, Work

from query_api.answers import BucketAnswer, Span
from query_api.attributed_answers import AttributedHead
from query_api.attribution_question import AttributionBody, AttributionPeople, as_question, check_question
from query_api.kind import AnswerTable, Behind, Cell, Kind


class CreditAnswer(BaseModel):
    conversions: str
    value: dict[str, str]


class ModelAnswer(BaseModel):
    name: str
    definition: str
    half_life_ms: int | None = None
    converting_paths: int | None = None
    other_paths: int | None = None
    values_together: int | None = None
    fallback: str | None = None
    reason: str | None = None
    probability: float | None = None


class AttributionRowAnswer(BaseModel):
    kind: str
    key: str | int | float | bool | None
    touches: float
    credit: dict[str, CreditAnswer]
    spend: dict[str, str] | None = None
    roas: dict[str, dict[str, float | None]] | None = None


class ChangeAnswer(BaseModel):
    conversions: float | None
    value: dict[str, float | None]


class ComparedRowAnswer(AttributionRowAnswer):
    change: dict[str, ChangeAnswer]


class CreditOverTime(BaseModel):
    kind: str
    key: str | int | float | bool | None
    credit: dict[str, list[CreditAnswer]]


class OverTimeAnswer(BaseModel):
    interval: str
    buckets: list[BucketAnswer]
    unattributed: list[CreditAnswer]
    rows: list[CreditOverTime]


class ComparedAttribution(BaseModel):
    with_: str
    range: Span
    totals: dict[str, CreditAnswer]
    rows: list[ComparedRowAnswer]


class AttributionAnswer(AttributedHead):
    dimension: str
    ranked_by: str
    lookback_ms: int
    direct_channels: list[str]
    collapse_repeats: bool
    models: list[ModelAnswer]
    totals: dict[str, CreditAnswer]
    rows: list[AttributionRowAnswer]
    spend: dict[str, str] | None = Field(default=None, description="All of the period, by currency.")
    over_time: OverTimeAnswer | None = None
    comparison: ComparedAttribution | None = None


def _answer(body: AttributionBody, tenant: Tenant, sources: Sources, now: int, work: Work) -> dict[str, Any]:
    return answer_attribution(as_question(body, tenant, sources.goals, now), tenant, sources, now, work)


def _people(
    body: AttributionBody, cell: AttributionPeople, tenant: Tenant, sources: Sources, now: int, work: Work
) -> PeopleBehind:
    question = as_question(body, tenant, sources.goals, now)
    return people_attributed(question, tenant, sources, now, work, kind=cell.kind, key=cell.key)


def _tables(answer: dict[str, Any]) -> list[AnswerTable]:
    tables = [AnswerTable("credit", ("kind", "key", "touches", "model", "conversions"), _credit_rows(answer))]
    tables.append(AnswerTable("value", ("kind", "key", "model", "currency", "value"), _value_rows(answer)))
    if "spend" in answer:
        columns = ("kind", "key", "model", "currency", "spend", "roas")
        tables.append(AnswerTable("spend", columns, _spend_rows(answer)))
    if "over_time" in answer:
        columns = ("kind", "key", "model", "from", "to", "conversions")
        tables.append(AnswerTable("over_time", columns, _bucket_rows(answer["over_time"])))
    return tables


def _credit_rows(answer: dict[str, Any]) -> Iterator[list[Cell]]:
    for row in answer["rows"]:
        for model, credit in row["credit"].items():
            yield [row["kind"], row["key"], row["touches"], model, credit["conversions"]]
    for model in answer["models"]:
        yield ["unattributed", None, 0, model["name"], answer["totals"]["unattributed"]["conversions"]]


def _value_rows(answer: dict[str, Any]) -> Iterator[list[Cell]]:
    for row in answer["rows"]:
        for model, credit in row["credit"].items():
            for currency, value in credit["value"].items():
                yield [row["kind"], row["key"], model, currency, value]
    for model in answer["models"]:
        for currency, value in answer["totals"]["unattributed"]["value"].items():
            yield ["unattributed", None, model["name"], currency, value]


def _spend_rows(answer: dict[str, Any]) -> Iterator[list[Cell]]:
    for row in answer["rows"]:
        for model, ratios in row["roas"].items():
            for currency, ratio in ratios.items():
                yield [row["kind"], row["key"], model, currency, row["spend"][currency], ratio]


def _bucket_rows(over_time: dict[str, Any]) -> Iterator[list[Cell]]:
    for row in over_time["rows"]:
        for model, credits in row["credit"].items():
            for bucket, credit in zip(over_time["buckets"], credits, strict=True):
                yield [row["kind"], row["key"], model, bucket["from"], bucket["to"], credit["conversions"]]


KIND = Kind(
    name="attribution",
    operation="askAttribution",
    body=AttributionBody,
    shape=AttributionAnswer,
    answer=_answer,
    tables=_tables,
    summary="What earned a goal's conversions",
    description="Credit by every model side by side, for the values of any field of the touches; it adds up exactly.",
    behind=Behind(AttributionPeople, _people),
    check=check_question,
)
