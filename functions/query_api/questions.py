"""What questions of every kind have in common, as the API takes it: range, zone, filters, segment and more.

A kind's body is `class XBody(QuestionBody)`, with the mixins `BrokenDown` and `Compared` where it offers them; its
module turns it into a question of the domain with `scope_of`, `breakdown_of` and `compare_of`. All raise InvalidRequest
or one of its kinds.
"""

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from touchline.domain.queries.clock import zone_named
from touchline.domain.queries.comparison import With
from touchline.domain.queries.fields import groupable
from touchline.domain.queries.filters import MOST_FILTERS, Filter, Operator, make_filter
from touchline.domain.queries.questions import Breakdown, Compare
from touchline.domain.queries.ranges import TimeRange, resolve_range
from touchline.domain.queries.relative import KNOWN, relative_range
from touchline.domain.queries.scope import WIDEST_DAYS, Scope, check_width
from touchline.domain.queries.segments import Condition, Segment
from touchline.domain.queries.tally import MOST_ROWS
from touchline.domain.tenancy import Tenant
from touchline.errors import InvalidRange, InvalidRequest
from touchline.services.stored_filters import as_stored

type Text = Annotated[str, Field(min_length=1, max_length=300)]
type Number = Annotated[int, Field(ge=-(2**53), le=2**53)] | Annotated[float, Field(allow_inf_nan=False)]
type Scalar = Annotated[str, Field(max_length=1024)] | bool | Number
MOST_CONDITIONS = 10


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


class RangeBody(Strict):
    """`from` and `to`, or `range`. `from` is part of the range, `to` is not."""

    from_: Text | None = Field(default=None, alias="from", examples=["2026-11-01", "2026-11-01T09:30:00+01:00"])
    to: Text | None = Field(default=None, examples=["2026-12-01"])
    range_: Text | None = Field(
        default=None, alias="range", examples=["last_30_days"], description=f"In place of from and to: {KNOWN}."
    )


class SegmentConditionBody(RangeBody):
    """Who did something so often, in a range of its own or in the question's."""

    filters: Filters = []
    at_least: int = Field(default=1, ge=0, le=2**31)
    at_most: int | None = Field(default=None, ge=0, le=2**31, description="0, with at_least 0, is: never.")


class SegmentBody(Strict):
    """The people for whom all conditions hold, of those with any event in the conditions' ranges."""

    conditions: list[SegmentConditionBody] = Field(min_length=1, max_length=MOST_CONDITIONS)


class QuestionBody(RangeBody):
    """What every question is asked over."""

    time_zone: Text | None = Field(default=None, description="An IANA name; the workspace's own unless given.")
    week_starts_on: Literal["monday", "sunday"] | None = None
    filters: Filters = []
    segment: SegmentBody | None = Field(default=None, description="Only what these people did.")


class BreakdownBody(Strict):
    field: Text = Field(examples=["context.campaign"])
    top: int = Field(default=10, ge=1, le=MOST_ROWS)


class CompareBody(Strict):
    """The period to compare with; `match_weekday` alone is the year before on equal weekdays."""

    with_: With = Field(alias="with")
    from_: Text | None = Field(default=None, alias="from", description="Where a custom period begins.")
    match_weekday: bool = Field(default=False, description="Shift on to the nearest equal weekday.")


class BrokenDown(Strict):
    breakdown: BreakdownBody | None = None


class Compared(Strict):
    compare: CompareBody | None = None


def scope_of(body: QuestionBody, tenant: Tenant, now: int, *, most_days: int = WIDEST_DAYS) -> Scope:
    """Resolved for the tenant at `now` (epoch ms); `most_days` is the widest range that the kind reads."""
    zone = zone_named(body.time_zone or tenant.time_zone)
    week_start = body.week_starts_on or tenant.week_starts_on
    bare = Scope(range_of(body, tenant, now, body), zone, week_start)
    check_width(bare.span, most_days, "range" if body.range_ else "to")
    said = said_filters(body.filters, "filters")
    asked = _segment(body.segment, body, tenant, now, bare.span, most_days) if body.segment else None
    return Scope(
        bare.span,
        zone,
        week_start,
        as_stored(said, tenant),
        _stored_segment(asked, tenant) if asked else None,
        tuple(one.describe() for one in said),
        tuple(asked.describe()) if asked else (),
    )


def range_of(body: RangeBody, tenant: Tenant, now: int, question: QuestionBody, where: str = "") -> TimeRange:
    """`where` is the place of the range in the request, with a dot at its end."""
    zone = zone_named(question.time_zone or tenant.time_zone)
    if body.range_ is not None:
        if body.from_ is not None or body.to is not None:
            raise InvalidRange(
                "'range' takes the place of 'from' and 'to': give one or the others.", field=f"{where}range"
            )
        return relative_range(
            body.range_, now, zone, question.week_starts_on or tenant.week_starts_on, field=f"{where}range"
        )
    if body.from_ is None or body.to is None:
        missing = "from" if body.from_ is None else "to"
        raise InvalidRange("Give 'from' and 'to', or a 'range' such as last_30_days.", field=where + missing)
    return resolve_range(body.from_, body.to, zone, where)


def breakdown_of(body: BrokenDown) -> Breakdown | None:
    one = body.breakdown
    return Breakdown(groupable(one.field, "breakdown.field"), one.top) if one else None


def compare_of(body: Compared) -> Compare | None:
    one = body.compare
    return Compare(one.with_, one.from_, one.match_weekday) if one else None


def filters_of(bodies: list[FilterBody], where: str, tenant: Tenant) -> tuple[Filter, ...]:
    """As stored: actions in one spelling, e-mail addresses as their hash. `where` is the place in the request."""
    return as_stored(said_filters(bodies, where), tenant)


def said_filters(bodies: list[FilterBody], where: str) -> tuple[Filter, ...]:
    """As they were said, to be shown to who said them."""
    return tuple(
        make_filter(body.field, body.is_, body.value, f"{where}.{number}") for number, body in enumerate(bodies)
    )


def _segment(
    body: SegmentBody, question: QuestionBody, tenant: Tenant, now: int, span: TimeRange, most_days: int
) -> Segment:
    conditions = []
    for number, one in enumerate(body.conditions):
        where = f"segment.conditions.{number}"
        own = any(part is not None for part in (one.from_, one.to, one.range_))
        found = range_of(one, tenant, now, question, f"{where}.") if own else span
        check_width(found, most_days, where)
        if one.at_most is not None and one.at_most < one.at_least:
            raise InvalidRequest("at_most must not be below at_least.", field=f"{where}.at_most")
        conditions.append(Condition(said_filters(one.filters, f"{where}.filters"), found, one.at_least, one.at_most))
    return Segment(tuple(conditions))


def _stored_segment(segment: Segment, tenant: Tenant) -> Segment:
    return Segment(tuple(replace(one, filters=as_stored(one.filters, tenant)) for one in segment.conditions))
