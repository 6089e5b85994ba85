"""What a time series may be asked for, as the API takes it, and the same as a question of the domain."""

from pydantic import Field
from touchline.domain.queries.intervals import parse_interval
from touchline.domain.queries.questions import TimeSeriesQuestion
from touchline.domain.tenancy import Tenant
from touchline.services.people_of_series import SeriesCell, Side

from query_api.cells import RowBody, moment_of, row_of
from query_api.measure_bodies import CountBody, MeasureBody, measure_of
from query_api.questions import (
    BrokenDown,
    Compared,
    QuestionBody,
    Strict,
    Text,
    breakdown_of,
    compare_of,
    said_filters,
    scope_of,
)

# Chosen buckets are few, whatever the range: as long as the events of the index are kept, and the years before.
MOST_DAYS = 3_660


class TimeSeriesBody(QuestionBody, BrokenDown, Compared):
    """Numbers over time."""

    interval: Text = Field(default="day", examples=["15 minutes", "hour", "day", "2 weeks", "month"])
    measure: MeasureBody = Field(default=CountBody(type="count"))
    include_unfinished: bool = Field(default=True, description="Whether buckets that are not over are in the answer.")


class SeriesCellBody(Strict):
    """A number of a time series' answer."""

    bucket: Text | None = Field(default=None, description="`from` of one of the answer's buckets; else the total.")
    row: RowBody = RowBody()
    side: Side | None = Field(default=None, description="Of a rate; its numerator unless given.")


def as_cell(cell: SeriesCellBody, question: TimeSeriesQuestion) -> SeriesCell:
    return SeriesCell(row_of(cell.row), moment_of(cell.bucket, question.zone), cell.side)


def as_question(body: TimeSeriesBody, tenant: Tenant, now: int) -> TimeSeriesQuestion:
    """Raises InvalidRequest and its kinds."""
    scope = scope_of(body, tenant, now, most_days=MOST_DAYS)
    return TimeSeriesQuestion(
        span=scope.span,
        interval=parse_interval(body.interval),
        zone=scope.zone,
        week_start=scope.week_start,
        measure=measure_of(body.measure),
        filters=said_filters(body.filters, "filters"),
        breakdown=breakdown_of(body),
        compare=compare_of(body),
        include_unfinished=body.include_unfinished,
        segment=scope.segment,
        segment_said=scope.segment_said,
    )
