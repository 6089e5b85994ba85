"""Over what a question is asked: the range, the zone, whose events and which; the same for every kind of question."""

from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from touchline.domain.queries.buckets import WeekStart
from touchline.domain.queries.clock import DAY
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.queries.segments import Segment
from touchline.errors import RangeTooWide

# A year with its comparison's margin: as long as events are kept in the index.
WIDEST_DAYS: Final = 400


@dataclass(frozen=True, slots=True)
class Scope:
    """`filters` and `segment` hold values as they are stored; `said` and `segment_said` are the asker's own words."""

    span: TimeRange
    zone: ZoneInfo
    week_start: WeekStart
    filters: tuple[Filter, ...] = ()
    segment: Segment | None = None
    said: tuple[str, ...] = ()
    segment_said: tuple[str, ...] = ()

    def facts(self) -> dict[str, Any]:
        """What every answer begins with."""
        return {
            "range": self.span.describe(self.zone),
            "time_zone": self.zone.key,
            "week_starts_on": self.week_start,
            "filters": list(self.said),
            "segment": None if self.segment is None else list(self.segment_said),
        }


def check_width(span: TimeRange, most_days: int, field: str = "to") -> None:
    """Raises RangeTooWide. An hour is left for the clock's change."""
    days = -(-(span.end - span.start) // DAY)
    if span.end - span.start > most_days * DAY + DAY // 24:
        raise RangeTooWide(
            f"The range has {days:,} days; a question of this kind reads at most {most_days:,}. "
            "Ask for less, or for several ranges one after the other.",
            field=field,
        )
