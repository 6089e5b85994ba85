"""Where a series has its numbers from: the search store, or the archive's columns where it matters who people are."""

from collections.abc import Sequence
from dataclasses import dataclass

from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.questions import TimeSeriesQuestion
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.queries.segments import Segment
from touchline.domain.queries.tally import Tallied, Tally, TopValues
from touchline.services.sources import Sources


@dataclass(frozen=True, slots=True)
class SeriesNumbers:
    """`resolved`: counted in the columns, where actors are people; the search store knows actors only.

    So is what begins before `begins` (epoch ms), as far back as the search store reaches.
    """

    sources: Sources
    tenant: str
    segment: Segment | None
    resolved: bool
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
        return self.resolved or start < self.begins


def series_numbers(question: TimeSeriesQuestion, tenant: str, sources: Sources, now: int) -> SeriesNumbers:
    counts_people = any(part.kind == "actors" for part in question.measure.parts)
    resolved = counts_people or question.segment is not None
    return SeriesNumbers(sources, tenant, question.segment, resolved, sources.reports.kept_from(now))
