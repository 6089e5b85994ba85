"""What is measured, as the API takes it, and the same as a measure of the domain."""

from typing import Annotated, Literal

from pydantic import Field
from touchline.domain.queries.fields import PROPERTY
from touchline.domain.queries.measures import AMOUNT, Count, Measure, PerActor, Percentiles, Rate, Total
from touchline.errors import UnknownField

from query_api.questions import Filters, Strict, Text, said_filters

MOST_PERCENTS = 10


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
    denominator: Filters = Field(default=[])


class PerActorBody(Strict):
    """Events, amounts or a numeric property, for each different person."""

    type: Literal["per_actor"]
    of: Text = Field(default="events", description="`events`, `value`, or `properties.<key>`.")


type MeasureBody = Annotated[
    CountBody | UniqueActorsBody | TotalBody | PercentilesBody | RateBody | PerActorBody, Field(discriminator="type")
]


def measure_of(body: MeasureBody) -> Measure:
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
            numerator = said_filters(body.numerator, "measure.numerator")
            return Rate(body.count, numerator, said_filters(body.denominator, "measure.denominator"))
        case PerActorBody():
            return PerActor(body.of if body.of == "events" else _of(body.of))


def _of(name: str) -> str:
    if name != AMOUNT and not (name.startswith(PROPERTY) and len(name) > len(PROPERTY)):
        raise UnknownField(f"{name!r} cannot be measured; use 'value' or 'properties.<key>'.", field="measure.of")
    return name.removeprefix(PROPERTY)
