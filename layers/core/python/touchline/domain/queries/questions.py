"""A question about events as it was understood: everything resolved, nothing left to a default."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from touchline.domain.queries.buckets import WeekStart
from touchline.domain.queries.comparison import With
from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.intervals import Interval
from touchline.domain.queries.measures import Measure
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.queries.segments import Segment


@dataclass(frozen=True, slots=True)
class Breakdown:
    field: Field
    top: int


@dataclass(frozen=True, slots=True)
class Compare:
    period: With
    custom_start: str | None
    match_weekday: bool


@dataclass(frozen=True, slots=True)
class TimeSeriesQuestion:
    span: TimeRange
    interval: Interval
    zone: ZoneInfo
    week_start: WeekStart
    measure: Measure
    filters: tuple[Filter, ...]
    breakdown: Breakdown | None
    compare: Compare | None
    include_unfinished: bool
    segment: Segment | None = None  # as stored
    segment_said: tuple[str, ...] = ()
