"""Where a series has its numbers from: the search store, or the archive's columns, which know who people are.

A breakdown is two requests to the search store, or two looks at the columns, in half the time and less where they are
at hand; a process that would first have to read much of them asks the search store.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.questions import TimeSeriesQuestion
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.queries.segments import Segment
from touchline.domain.queries.tally import Tallied, Tally, TopValues
from touchline.services.sources import Sources

MOST_READING_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class SeriesNumbers:
    """`from_columns`: counted there, where actors are people; the search store knows actors only.

    So is what begins before `begins` (epoch ms), as far back as the search store reaches.
    """

    sources: Sources
    tenant: str
    segment: Segment | None
    from_columns: bool
    begins: int

    def tally(self, tally: Tally) -> Tallied:
        if self._archived(tally.edges[0]):
            return self.sources.columns.tally(self.tenant, tally, self.segment)
        return self.sources.reports.tally(self.tenant, tally)

    def top_values(self, span: TimeRange, filters: Sequence[Filter], field: Field, top: int) -> TopValues:
        if self._archived(span.start):
            return self.sources.columns.top_values(self.tenant, span, filters, field, top, self.segment)
        return self.sources.reports.top_values(self.tenant, span, filters, field, top)

    def as_of(self, span: TimeRange, now: int) -> int:
        """Epoch ms."""
        return min(now, self.sources.columns.extent(self.tenant, span).as_of) if self._archived(span.start) else now

    def _archived(self, start: int) -> bool:
        return self.from_columns or start < self.begins


def series_numbers(question: TimeSeriesQuestion, tenant: str, sources: Sources, now: int) -> SeriesNumbers:
    counts_people = any(part.kind == "actors" for part in question.measure.parts)
    resolved = counts_people or question.segment is not None
    from_columns = resolved or _at_hand(question, tenant, sources)
    return SeriesNumbers(sources, tenant, question.segment, from_columns, sources.reports.kept_from(now))


def _at_hand(question: TimeSeriesQuestion, tenant: str, sources: Sources) -> bool:
    """Who is broken down by actors wants them as they were sent, not resolved."""
    if question.breakdown is None or question.breakdown.field.name.startswith("actor."):
        return False
    return sources.columns.reading_seconds(tenant, question.span) <= MOST_READING_SECONDS
