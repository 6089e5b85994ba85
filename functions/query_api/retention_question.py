"""What retention may be asked for, as the API takes it, and the same as a question of the domain."""

from typing import Annotated

from pydantic import Field
from touchline.domain.queries.fields import groupable
from touchline.domain.queries.intervals import Interval, parse_interval
from touchline.domain.sequences.retention import MOST_PERIODS, Bracket, Clock, Counting, Entry, Retention
from touchline.domain.tenancy import Tenant
from touchline.errors import InvalidInterval, InvalidRequest
from touchline.services.answer_retention import RetentionCell, Who

from query_api.cells import RowBody, moment_of, row_of
from query_api.questions import (
    BrokenDown,
    FilterBody,
    QuestionBody,
    Strict,
    Text,
    filters_of,
    said_filters,
    scope_of,
)

type Conditions = Annotated[list[FilterBody], Field(max_length=20)]
type Period = Annotated[int, Field(ge=0, le=MOST_PERIODS)]
type Pair = Annotated[list[Period], Field(min_length=2, max_length=2)]
MOST_BRACKETS = 50


class RetentionBody(QuestionBody, BrokenDown):
    """Of the people who began, how many came back in each period after."""

    interval: Text = Field(default="week", examples=["day", "week", "month"], description="Of cohorts and periods.")
    start: Conditions = Field(default=[], description="What beginning is; any event unless given.")
    return_: Conditions = Field(default=[], alias="return", description="What coming back is; any event unless given.")
    counting: Counting = "on"
    periods: Period = Field(default=8, description="The last period; with on and on_or_after a column for each.")
    brackets: list[Pair] | None = Field(
        default=None,
        min_length=1,
        max_length=MOST_BRACKETS,
        description="For counting: brackets. First and last period of each, both included.",
        examples=[[[1, 1], [2, 3], [4, 7]]],
    )
    clock: Clock = Field(default="calendar", description="rolling: 24-hour days from each person's own start.")
    entry: Entry = Field(
        default="every", description="Who is in a cohort: all who began in it, or only for the first time."
    )


class RetentionCellBody(Strict):
    """A number of a retention answer."""

    cohort: Text = Field(description="`from` of one of the answer's cohorts.")
    who: Who = "came_back"
    column: int = Field(default=0, ge=0, description="The place of one of the answer's columns, from 0.")
    row: RowBody = RowBody()


def as_retention(body: RetentionBody, tenant: Tenant, now: int) -> Retention:
    """Raises InvalidRequest and its kinds."""
    return Retention(
        scope_of(body, tenant, now),
        _interval(body),
        filters_of(body.start, "start", tenant),
        tuple(one.describe() for one in said_filters(body.start, "start")),
        filters_of(body.return_, "return", tenant),
        tuple(one.describe() for one in said_filters(body.return_, "return")),
        body.counting,
        _brackets(body),
        body.clock,
        body.entry,
        groupable(body.breakdown.field, "breakdown.field") if body.breakdown else None,
        body.breakdown.top if body.breakdown else 10,
    )


def as_cell(cell: RetentionCellBody, asked: Retention) -> RetentionCell:
    cohort = moment_of(cell.cohort, asked.scope.zone, "cell.cohort") or 0
    return RetentionCell(cohort, cell.who, cell.column, row_of(cell.row))


def _interval(body: RetentionBody) -> Interval:
    interval = parse_interval(body.interval)
    if interval.minutes is not None:
        raise InvalidInterval("Retention is by days, weeks, months, or several of them.", field="interval")
    if body.clock == "rolling" and interval.days is None:
        raise InvalidInterval("Months differ in length: a rolling clock takes days or weeks.", field="interval")
    return interval


def _brackets(body: RetentionBody) -> tuple[Bracket, ...]:
    if (body.counting == "brackets") != (body.brackets is not None):
        raise InvalidRequest("'brackets' go with counting: brackets, and are needed there.", field="brackets")
    for number, (first, last) in enumerate(body.brackets or ()):
        if first > last:
            raise InvalidRequest("A bracket's first period must not be after its last.", field=f"brackets.{number}")
    if body.brackets is not None:
        return tuple(Bracket(first, last) for first, last in body.brackets)
    columns = range(body.periods + 1)
    return tuple(Bracket(k, body.periods if body.counting == "on_or_after" else k) for k in columns)
