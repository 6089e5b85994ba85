"""Key figures, each with its definition and the numbers it is made of."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, Field
from touchline.domain.sequences.behind import PeopleBehind
from touchline.domain.tenancy import Tenant
from touchline.services.answer_kpis import answer_kpis, people_of_kpis
from touchline.services.sources import Sources, Work

from query_api.answers import AnswerHead, BucketAnswer, Span, Value
from query_api.kind import AnswerTable, Behind, Cell, Kind
from query_api.kpis_question import KpiPeople, KpisBody, as_question


class KpiDefinition(BaseModel):
    name: str
    title: str
    definition: str
    unit: str
    inputs: dict[str, str]


class KpiFigure(BaseModel):
    value: Value
    values: list[Value] | None
    why_not: str | None


class KpiRow(BaseModel):
    kind: str
    key: str | int | float | bool | None = None
    inputs: dict[str, Any]
    figures: dict[str, KpiFigure]


class ComparedKpiFigure(KpiFigure):
    change: Value
    changes: list[Value] | None


class ComparedKpiRow(BaseModel):
    kind: str
    key: str | int | float | bool | None = None
    inputs: dict[str, Any]
    figures: dict[str, ComparedKpiFigure]


class KpisComparison(BaseModel):
    with_: str = Field(alias="with")
    range: Span
    notes: list[str]
    buckets: list[Span]
    rows: list[ComparedKpiRow]


class KpisAnswer(AnswerHead):
    interval: str
    complete: bool
    machines: dict[str, str | int]
    actions: dict[str, list[str]]
    message: str
    goal: dict[str, str | int] | None
    horizon_days: int
    customer_model: dict[str, dict[str, Any]] | None
    kpis: list[KpiDefinition]
    buckets: list[BucketAnswer]
    rows: list[KpiRow]
    breakdown: dict[str, str | int] | None = None
    comparison: KpisComparison | None = None


def _answer(body: KpisBody, tenant: Tenant, sources: Sources, now: int, work: Work) -> dict[str, Any]:
    return answer_kpis(as_question(body, tenant, sources.goals, now), tenant, sources, now, work)


def _people(body: KpisBody, cell: KpiPeople, tenant: Tenant, sources: Sources, now: int, work: Work) -> PeopleBehind:
    question = as_question(body, tenant, sources.goals, now)
    return people_of_kpis(question, cell.input, tenant, sources, now, work)


def _tables(answer: dict[str, Any]) -> list[AnswerTable]:
    change = ("before", "change") if "comparison" in answer else ()
    tables = [
        AnswerTable("figures", ("row", "key", "kpi", "currency", "value", *change, "why_not"), _figure_rows(answer)),
        AnswerTable("trend", ("row", "key", "kpi", "currency", "from", "to", "complete", "value"), _trend_rows(answer)),
        AnswerTable("inputs", ("row", "key", "input", "currency", "value"), _input_rows(answer)),
    ]
    definitions = ((one["name"], one["title"], one["definition"], one["unit"]) for one in answer["kpis"])
    return [*tables, AnswerTable("definitions", ("kpi", "title", "definition", "unit"), definitions)]


def _figure_rows(answer: dict[str, Any]) -> Iterator[list[Cell]]:
    before = answer["comparison"]["rows"] if "comparison" in answer else [None] * len(answer["rows"])
    for row, then in zip(answer["rows"], before, strict=True):
        for name, figure in row["figures"].items():
            for currency, value in _by_currency(figure["value"]):
                compared = (
                    [] if then is None else [_of(then["figures"][name][what], currency) for what in ("value", "change")]
                )
                yield [row["kind"], row.get("key"), name, currency, value, *compared, figure["why_not"]]


def _trend_rows(answer: dict[str, Any]) -> Iterator[list[Cell]]:
    for row in answer["rows"]:
        for name, figure in row["figures"].items():
            for bucket, found in zip(
                answer["buckets"], figure["values"] or [None] * len(answer["buckets"]), strict=True
            ):
                for currency, value in _by_currency(found) if figure["values"] else ():
                    place = [bucket["from"], bucket["to"], bucket["complete"]]
                    yield [row["kind"], row.get("key"), name, currency, *place, value]


def _input_rows(answer: dict[str, Any]) -> Iterator[list[Cell]]:
    for row in answer["rows"]:
        for name, found in row["inputs"].items():
            for currency, value in _by_currency(found):
                yield [row["kind"], row.get("key"), name, currency, value]


def _by_currency(value: Any) -> list[tuple[str | None, Cell]]:
    """At least one: a figure that is not known has a row that says so."""
    return list(value.items()) or [(None, None)] if isinstance(value, Mapping) else [(None, value)]


def _of(value: Any, currency: str | None) -> Cell:
    found: Cell = value.get(currency) if isinstance(value, Mapping) else value
    return found


KIND = Kind(
    name="kpis",
    operation="askKpis",
    body=KpisBody,
    shape=KpisAnswer,
    answer=_answer,
    tables=_tables,
    summary="Key figures",
    description="Delivered, open, click, bounce and conversion rates, CAC, ROAS, customer value to date and to come, "
    "payback, retention: with definition, inputs, trend, breakdown and the period before.",
    behind=Behind(KpiPeople, _people),
    reads_events=True,
    check=lambda body, tenant, now: as_question(body, tenant, None, now),
)
