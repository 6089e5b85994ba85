"""Cohorts of people by when they entered a campaign, a journey or a segment."""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel
from touchline.domain.queries.clock import zone_named
from touchline.domain.sequences.behind import PeopleBehind
from touchline.domain.tenancy import Tenant
from touchline.services.answer_cohorts import answer_cohorts, people_of_cohort
from touchline.services.sources import Sources, Work

from query_api.answers import Span
from query_api.attributed_answers import AttributedHead
from query_api.cells import moment_of
from query_api.cohort_question import CohortPeople, CohortsBody, as_question, check_question
from query_api.kind import AnswerTable, Behind, Cell, Kind


class CohortAnswer(Span):
    size: int
    converted: int
    rate: float | None
    by_age: list[int | None]
    rate_by_age: list[float | None]
    median_ms: int | None
    complete: bool


class PooledAnswer(BaseModel):
    converted: int
    size: int
    rate: float | None


class CohortTotal(PooledAnswer):
    by_age: list[PooledAnswer]
    median_ms: int | None


class CohortTable(BaseModel):
    value: str | None
    rows: list[CohortAnswer]
    total: CohortTotal


class CohortsAnswer(AttributedHead):
    interval: str
    dimension: str | None
    entry: str
    entries: str
    counts: Literal["people", "entries"]
    conversion_window_ms: int | None
    ages: int
    cohorts: list[CohortTable]


def _answer(body: CohortsBody, tenant: Tenant, sources: Sources, now: int, work: Work) -> dict[str, Any]:
    return answer_cohorts(as_question(body, tenant, sources.goals, now), tenant, sources, now, work)


def _people(
    body: CohortsBody, cell: CohortPeople, tenant: Tenant, sources: Sources, now: int, work: Work
) -> PeopleBehind:
    question = as_question(body, tenant, sources.goals, now)
    bucket = moment_of(cell.bucket, zone_named(question.scope.zone.key))
    return people_of_cohort(
        question, tenant, sources, work, value=cell.value, bucket=bucket, group=cell.group, age=cell.age
    )


def _tables(answer: dict[str, Any]) -> list[AnswerTable]:
    ages = [f"by_age_{age}" for age in range(answer["ages"])]
    columns = ("value", "from", "to", "size", "converted", "rate", "median_ms", "complete", *ages)
    return [
        AnswerTable("cohorts", columns, _rows(answer)),
        AnswerTable("totals", ("value", "age", "converted", "size", "rate"), _totals(answer)),
    ]


def _rows(answer: dict[str, Any]) -> Iterator[list[Cell]]:
    for table in answer["cohorts"]:
        for row in table["rows"]:
            facts = (row[name] for name in ("from", "to", "size", "converted", "rate", "median_ms", "complete"))
            yield [table["value"], *facts, *row["by_age"]]


def _totals(answer: dict[str, Any]) -> Iterator[list[Cell]]:
    for table in answer["cohorts"]:
        total = table["total"]
        by_age: list[tuple[Cell, Any]] = [*enumerate(total["by_age"]), ("ever", total)]
        for age, one in by_age:
            yield [table["value"], age, one["converted"], one["size"], one["rate"]]


KIND = Kind(
    name="cohorts",
    operation="askCohorts",
    body=CohortsBody,
    shape=CohortsAnswer,
    answer=_answer,
    tables=_tables,
    summary="Cohorts by entry, and how soon a goal followed",
    description="A triangle of entry by age in periods of 24 hours, converted ever, and the median time to convert.",
    behind=Behind(CohortPeople, _people),
    check=check_question,
)
