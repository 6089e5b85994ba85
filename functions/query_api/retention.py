"""Of the people who began, how many came back."""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, Field
from touchline.domain.sequences.behind import PeopleBehind
from touchline.domain.tenancy import Tenant
from touchline.services.answer_retention import answer_retention, people_of_retention
from touchline.services.sources import Sources, Work

from query_api.answers import AnswerHead, BucketAnswer
from query_api.kind import AnswerTable, Behind, Cell, Kind
from query_api.retention_question import RetentionBody, RetentionCellBody, as_cell, as_retention


class RetainedCell(BaseModel):
    people: int | None = Field(description="null while the period has not begun.")
    rate: float | None
    complete: bool = Field(description="false while the period is not over for everybody in the cohort.")


class CohortNumbers(BaseModel):
    people: int
    cells: list[RetainedCell] = Field(description="One for each column.")


class PooledMean(BaseModel):
    people: int
    of: int
    rate: float | None
    cohorts: int = Field(description="How many have a complete cell; the others are left out.")


class RetentionRow(BaseModel):
    kind: Literal["whole", "value", "other", "absent"]
    key: str | int | float | bool | None = None
    cohorts: list[CohortNumbers]
    mean: list[PooledMean] = Field(description="One for each column.")


class RetentionColumn(BaseModel):
    first: int
    last: int
    name: str


class StartBreakdown(BaseModel):
    field: str
    top: int
    by: str
    ranked_by: str
    adds_up: bool
    why_not: str | None


class RetentionAnswer(AnswerHead):
    interval: str
    counting: str
    clock: str
    entry: str
    start: list[str]
    return_: list[str] = Field(alias="return")
    columns: list[RetentionColumn]
    cohorts: list[BucketAnswer]
    breakdown: StartBreakdown | None = None
    rows: list[RetentionRow]


def _answer(body: RetentionBody, tenant: Tenant, sources: Sources, now: int, work: Work) -> dict[str, Any]:
    return answer_retention(as_retention(body, tenant, now), tenant, sources, now, work)


def _people(
    body: RetentionBody, cell: RetentionCellBody, tenant: Tenant, sources: Sources, now: int, work: Work
) -> PeopleBehind:
    asked = as_retention(body, tenant, now)
    return people_of_retention(asked, as_cell(cell, asked), tenant, sources, now, work)


def _tables(answer: dict[str, Any]) -> list[AnswerTable]:
    columns = ("row", "key", "cohort", "cohort_people", "period", "people", "rate", "complete")
    return [
        AnswerTable("cells", columns, _cells(answer)),
        AnswerTable("mean", ("row", "key", "period", "people", "of", "rate", "cohorts"), _means(answer)),
    ]


def _cells(answer: dict[str, Any]) -> Iterator[list[Cell]]:
    for row in answer["rows"]:
        for cohort, numbers in zip(answer["cohorts"], row["cohorts"], strict=True):
            for column, cell in zip(answer["columns"], numbers["cells"], strict=True):
                named = (row["kind"], row.get("key"), cohort["from"], numbers["people"], column["name"])
                yield [*named, cell["people"], cell["rate"], cell["complete"]]


def _means(answer: dict[str, Any]) -> Iterator[list[Cell]]:
    for row in answer["rows"]:
        for column, mean in zip(answer["columns"], row["mean"], strict=True):
            named = (row["kind"], row.get("key"), column["name"])
            yield [*named, mean["people"], mean["of"], mean["rate"], mean["cohorts"]]


KIND = Kind(
    name="retention",
    operation="askRetention",
    body=RetentionBody,
    shape=RetentionAnswer,
    answer=_answer,
    tables=_tables,
    summary="Who came back",
    description="Cohorts by when people began, and how many came back on, on or after, or between so many days, weeks "
    "or months; by the calendar or by each person's own clock. Cells that are not over are marked and not averaged.",
    behind=Behind(RetentionCellBody, _people),
    reads_events=True,
    settles=True,
    check=as_retention,
)
