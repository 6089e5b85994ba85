"""The shape of a funnel's answer, for the description of the API only, and its tables."""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, Field

from query_api.answers import AnswerHead, BucketAnswer
from query_api.kind import AnswerTable, Cell

PEOPLE_FACTS = ("entered", "converted", "rate", "in_progress", "excluded")
STEP_FACTS = ("step", "people", "dropped", "in_progress", "rate", "rate_of_previous")


class TimesTaken(BaseModel):
    people: int
    average_ms: float | None
    median_ms: int | None
    percentiles_ms: dict[str, int | None] = Field(description="The length that so many of a hundred took at most.")


class Bar(BaseModel):
    from_ms: int
    to_ms: int
    people: int


class TimesToConvert(TimesTaken):
    histogram: list[Bar]


class StepNumbers(BaseModel):
    step: int
    people: int = Field(description="Who did this step and all required ones before it.")
    dropped: int = Field(description="Who did no further step, their window being over.")
    in_progress: int = Field(description="Who did no further step, and still may.")
    rate: float | None = Field(description="Of the people of the first step.")
    rate_of_previous: float | None = Field(description="Of the people of the required step before.")
    time_from_first: TimesTaken | None = None
    time_from_previous: TimesTaken | None = None


class ClosedWindows(BaseModel):
    entered: int
    converted: int
    rate: float | None


class FunnelBucket(BaseModel):
    people: list[int] = Field(description="By step, of those whose chain began in the bucket.")
    rate: float | None
    in_progress: int


class FunnelRow(BaseModel):
    kind: Literal["whole", "value", "other", "absent"]
    key: str | int | float | bool | None = None
    entered: int
    converted: int
    rate: float | None
    in_progress: int
    excluded: int = Field(description="Whom an exclusion took out; in no other number.")
    closed_windows: ClosedWindows = Field(description="Of those whose window is over, so that nothing is pending.")
    steps: list[StepNumbers]
    time_to_convert: TimesToConvert
    trend: list[FunnelBucket] | None = None


class StepAsked(BaseModel):
    step: int
    name: str
    filters: list[str]
    optional: bool


class ExclusionAsked(BaseModel):
    name: str
    filters: list[str]
    effect: str


class PeopleBreakdown(BaseModel):
    field: str
    top: int
    by: str
    by_step: int | None = None
    ranked_by: str
    adds_up: bool
    why_not: str | None


class FunnelAnswer(AnswerHead):
    interval: str | None = None
    mode: str
    window: str
    entry: str
    hold_constant: list[str]
    steps: list[StepAsked]
    exclusions: list[ExclusionAsked]
    breakdown: PeopleBreakdown | None = None
    buckets: list[BucketAnswer] | None = Field(default=None, description="Complete once all windows in it are over.")
    rows: list[FunnelRow]


def funnel_tables(answer: dict[str, Any]) -> list[AnswerTable]:
    times = [f"{length}_{name}_ms" for length in ("from_first", "from_previous") for name in ("average", "median")]
    tables = [
        AnswerTable("steps", ("row", "key", "name", *STEP_FACTS, *times), _steps(answer)),
        AnswerTable("totals", ("row", "key", *PEOPLE_FACTS), _totals(answer)),
        AnswerTable("time_to_convert", ("row", "key", "from_ms", "to_ms", "people"), _bars(answer)),
    ]
    if "buckets" in answer:
        names = [f"step_{step['step']}" for step in answer["steps"]]
        columns = ("row", "key", "from", "to", "complete", *names, "rate", "in_progress")
        tables.append(AnswerTable("trend", columns, _trend(answer)))
    return tables


def _steps(answer: dict[str, Any]) -> Iterator[list[Cell]]:
    for row in answer["rows"]:
        for asked, step in zip(answer["steps"], row["steps"], strict=True):
            times = [step.get(name, {}) for name in ("time_from_first", "time_from_previous")]
            lengths = [one.get(f"{name}_ms") for one in times for name in ("average", "median")]
            yield [row["kind"], row.get("key"), asked["name"], *(step[name] for name in STEP_FACTS), *lengths]


def _totals(answer: dict[str, Any]) -> Iterator[list[Cell]]:
    for row in answer["rows"]:
        yield [row["kind"], row.get("key"), *(row[name] for name in PEOPLE_FACTS)]


def _bars(answer: dict[str, Any]) -> Iterator[list[Cell]]:
    for row in answer["rows"]:
        for bar in row["time_to_convert"]["histogram"]:
            yield [row["kind"], row.get("key"), bar["from_ms"], bar["to_ms"], bar["people"]]


def _trend(answer: dict[str, Any]) -> Iterator[list[Cell]]:
    for row in answer["rows"]:
        for bucket, facts in zip(answer["buckets"], row["trend"], strict=True):
            span = (bucket["from"], bucket["to"], bucket["complete"])
            yield [row["kind"], row.get("key"), *span, *facts["people"], facts["rate"], facts["in_progress"]]
