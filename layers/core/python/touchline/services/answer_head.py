"""What every answer begins with: its definition, what it is about, how exact it is and as of when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from touchline.domain.queries.buckets import WeekStart
from touchline.domain.queries.clock import rfc3339
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.intervals import Interval
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.queries.segments import Segment


@dataclass(frozen=True, slots=True)
class Frame:
    """What a question of any kind is about. Filters and segment in the customer's own words."""

    span: TimeRange
    zone: ZoneInfo
    week_start: WeekStart
    filters: tuple[Filter, ...] = ()
    segment: Segment | None = None


def exactly(*notes: str) -> dict[str, Any]:
    """`accuracy` of an answer that is no estimate."""
    return {"exact": True, "bound": None, "notes": list(notes)}


def answer_head(
    definition: str,
    frame: Frame,
    *,
    as_of: int,
    interval: Interval | None = None,
    accuracy: Mapping[str, Any] | None = None,  # exact unless given
    index: Mapping[str, Any] | None = None,  # Freshness.of, for answers out of the search store
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """`as_of` in epoch ms: everything known by then is in the answer. Add the answer's own parts to it."""
    head: dict[str, Any] = {
        "definition": definition,
        "range": frame.span.describe(frame.zone),
        "time_zone": frame.zone.key,
        "week_starts_on": frame.week_start,
    }
    if interval is not None:
        head["interval"] = interval.describe()
    head["filters"] = [one.describe() for one in frame.filters]
    head["segment"] = None if frame.segment is None else frame.segment.describe()
    head["accuracy"] = dict(accuracy or exactly())
    head["as_of"] = rfc3339(as_of, frame.zone)
    if index is not None:
        head["index"] = dict(index)
    head["notes"] = list(notes)
    return head
