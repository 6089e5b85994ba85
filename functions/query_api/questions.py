"""What a time series may be asked for, as the API takes it, and the same as a question of the domain."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from touchline.domain.queries.clock import zone_named
from touchline.domain.queries.comparison import With
from touchline.domain.queries.fields import PROPERTY, groupable
from touchline.domain.queries.filters import MOST_FILTERS, Filter, Operator, make_filter
from touchline.domain.queries.intervals import parse_interval
from touchline.domain.queries.measures import AMOUNT, Count, Measure, PerActor, Percentiles, Rate, Total
from touchline.domain.queries.questions import Breakdown, Compare, TimeSeriesQuestion
from touchline.domain.queries.ranges import resolve_range
from touchline.domain.queries.tally import MOST_ROWS
from touchline.domain.tenancy import Tenant
from touchline.errors import UnknownField

type Text = Annotated[str, Field(min_length=1, max_length=300)]
type Number = Annotated[int, Field(ge=-(2**53), le=2**53)] | Annotated[float, Field(allow_inf_nan=False)]
type Scalar = Annotated[str, Field(max_length=1024)] | bool | Number
MOST_PERCENTS = 10


class Strict(BaseModel):
    """Unknown names are refused: a misspelt one must not silently do nothing."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class FilterBody(Strict):
    """A condition on one field. Conditions of a list all have to hold."""

    field: Text = Field(examples=["action", "context.campaign", "value.amount", "properties.plan"])
    is_: Operator = Field(default="eq", alias="is")
    value: Scalar | list[Scalar] | None = Field(
        default=None, description="A list for in and not_in; nothing for exists and missing."
    )


type Filters = Annotated[list[FilterBody], Field(max_length=MOST_FILTERS)]


class CountBody(Strict):
    """The number of events."""

    type: Literal["count"]


class UniqueActorsBody(Strict):
    """The number of different people."""

    type: Literal["unique_actors"]


class TotalBody(Strict):
    """Of amounts (by currency), or of a numeric property."""

    type: Literal["sum", "average"]
    of: Text = Field(default="value", description="`value`, or `properties.<key>`.")


class PercentilesBody(Strict):
    """Of amounts (by currency), or of a numeric property."""

    type: Literal["percentile"]
    of: Text = Field(default="value", description="`value`, or `properties.<key>`.")
    percents: list[Annotated[float, Field(strict=False, ge=0, le=100)]] = Field(
        default=[50], min_length=1, max_length=MOST_PERCENTS
    )


class RateBody(Strict):
    """One series divided by another. Over several buckets it is made of the sums anew, never averaged."""

    type: Literal["rate"]
    count: Literal["events", "actors"] = "events"
    numerator: Filters
    denominator: Filters = []


class PerActorBody(Strict):
    """Events, amounts or a numeric property, for each different person."""

    type: Literal["per_actor"]
    of: Text = Field(default="events", description="`events`, `value`, or `properties.<key>`.")


type MeasureBody = Annotated[
    CountBody | UniqueActorsBody | TotalBody | PercentilesBody | RateBody | PerActorBody, Field(discriminator="type")
]


class BreakdownBody(Strict):
    field: Text = Field(examples=["context.campaign"])
    top: int = Field(default=10, ge=1, le=MOST_ROWS)


class CompareBody(Strict):
    """The period to compare with; `match_weekday` alone is the year before on equal weekdays."""

    with_: With = Field(alias="with")
    from_: Text | None = Field(default=None, alias="from", description="Where a custom period begins.")
    match_weekday: bool = Field(default=False, description="Shift on to the nearest equal weekday.")


class TimeSeriesBody(Strict):
    """Numbers over time. `from` is part of the range, `to` is not."""

    from_: Text = Field(alias="from", examples=["2026-11-01", "2026-11-01T09:30:00+01:00"])
    to: Text = Field(examples=["2026-12-01"])
    interval: Text = Field(default="day", examples=["15 minutes", "hour", "day", "2 weeks", "month"])
    measure: MeasureBody = Field(default=CountBody(type="count"))
    filters: Filters = []
    breakdown: BreakdownBody | None = None
    compare: CompareBody | None = None
    time_zone: Text | None = Field(default=None, description="An IANA name; the workspace's own unless given.")
    week_starts_on: Literal["monday", "sunday"] | None = None
    include_unfinished: bool = Field(default=True, description="Whether buckets that are not over are in the answer.")


def as_question(body: TimeSeriesBody, tenant: Tenant) -> TimeSeriesQuestion:
    """Raises InvalidRequest and its kinds."""
    zone = zone_named(body.time_zone or tenant.time_zone)
    compare, breakdown = body.compare, body.breakdown
    return TimeSeriesQuestion(
        span=resolve_range(body.from_, body.to, zone),
        interval=parse_interval(body.interval),
        zone=zone,
        week_start=body.week_starts_on or tenant.week_starts_on,
        measure=_measure(body.measure),
        filters=_filters(body.filters, "filters"),
        breakdown=Breakdown(groupable(breakdown.field, "breakdown.field"), breakdown.top) if breakdown else None,
        compare=Compare(compare.with_, compare.from_, compare.match_weekday) if compare else None,
        include_unfinished=body.include_unfinished,
    )


def _measure(body: MeasureBody) -> Measure:
    match body:
        case CountBody():
            return Count()
        case UniqueActorsBody():
            return Count("actors")
        case TotalBody():
            return Total(body.type, _of(body.of))
        case PercentilesBody():
            return Percentiles(_of(body.of), tuple(body.percents))
        case RateBody():
            numerator = _filters(body.numerator, "measure.numerator")
            return Rate(body.count, numerator, _filters(body.denominator, "measure.denominator"))
        case PerActorBody():
            return PerActor(body.of if body.of == "events" else _of(body.of))


def _of(name: str) -> str:
    if name != AMOUNT and not (name.startswith(PROPERTY) and len(name) > len(PROPERTY)):
        raise UnknownField(f"{name!r} cannot be measured; use 'value' or 'properties.<key>'.", field="measure.of")
    return name.removeprefix(PROPERTY)


def _filters(bodies: list[FilterBody], where: str) -> tuple[Filter, ...]:
    return tuple(
        make_filter(body.field, body.is_, body.value, f"{where}.{number}") for number, body in enumerate(bodies)
    )
