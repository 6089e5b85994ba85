"""The people, or the events, behind one number of a time series."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from touchline.domain.queries.buckets import bucket_at
from touchline.domain.queries.clock import rfc3339
from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.listing import MOST_EVENTS, EventsQuestion, read_cursor
from touchline.domain.queries.measures import Count, Rate
from touchline.domain.queries.questions import TimeSeriesQuestion
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.queries.tally import Tally
from touchline.domain.sequences.behind import PeopleBehind
from touchline.domain.sequences.rows import Part, RowsQuestion
from touchline.domain.sequences.value_rows import WHOLE_ROW, RowName
from touchline.domain.tenancy import Tenant
from touchline.errors import InvalidRange, InvalidRequest
from touchline.services.answer_time_series import edges_of
from touchline.services.list_events import list_events
from touchline.services.parts_of_people import by_parts
from touchline.services.series_numbers import series_numbers
from touchline.services.sources import Sources, Work
from touchline.services.stored_filters import as_stored

Side = Literal["numerator", "denominator"]


@dataclass(frozen=True, slots=True)
class SeriesCell:
    """`bucket` by its start in epoch ms; None is the whole range. `side` is of a rate."""

    row: RowName = WHOLE_ROW
    bucket: int | None = None
    side: Side | None = None


def people_of_series(
    question: TimeSeriesQuestion, cell: SeriesCell, tenant: Tenant, sources: Sources, now: int, work: Work
) -> PeopleBehind:
    """Of a number of events, those who did them."""
    span = _span(question, cell, now)
    filters = (*as_stored(_asked(question, cell), tenant), *_of_row(question, cell.row, tenant, sources, now))
    extent = sources.columns.extent(tenant.id, span)

    def people(part: Part) -> NDArray[np.uint64]:
        asked = RowsQuestion(span, filters, segment=question.segment, part=part)
        return np.unique(sources.columns.rows(tenant.id, asked).people)

    found = np.concatenate(by_parts(extent.events, work, people))
    return PeopleBehind(_words(question, cell, span, "People with an event"), found, min(now, extent.as_of))


def events_of_series(
    question: TimeSeriesQuestion,
    cell: SeriesCell,
    tenant: Tenant,
    sources: Sources,
    now: int,
    *,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """The events themselves, oldest first, out of the store that counted them."""
    if question.segment is not None:
        raise InvalidRequest(
            "Events are listed without a segment; with one the people can be.", field="question.segment"
        )
    span = _span(question, cell, now)
    kept = sources.reports.kept_from(now)
    if span.start < kept:
        raise InvalidRange(
            f"Single events are kept since {rfc3339(kept, question.zone)}: list the people, or a range from then on.",
            field="question.from",
        )
    filters = (*_asked(question, cell), *_of_row(question, cell.row, tenant, sources, now))
    after = read_cursor(cursor, newest_first=False) if cursor else None
    asked = EventsQuestion(span, filters, newest_first=False, limit=min(limit, MOST_EVENTS), after=after)
    counted = Tally((span.start, span.end), as_stored(filters, tenant), Count().parts)
    page = list_events(asked, tenant, question.zone, sources.reports, now)
    return {
        "definition": _words(question, cell, span, "Events"),
        "number": sources.reports.tally(tenant.id, counted).rows[0].total[0].events,
        "as_of": page["as_of"],
        "events": page["events"],
        "next": page["next"],
    }


def _words(question: TimeSeriesQuestion, cell: SeriesCell, span: TimeRange, what: str) -> str:
    told: dict[str, Any] = span.describe(question.zone)
    row = "" if cell.row.kind == "whole" else f", {cell.row.describe()} of {_field(question).name}"
    return f"{what} behind: {question.measure.describe()} From {told['from']} to {told['to']}{row}."


def _span(question: TimeSeriesQuestion, cell: SeriesCell, now: int) -> TimeRange:
    edges = edges_of(question, now)
    if cell.bucket is None:
        return TimeRange(edges[0], edges[-1])
    number = bucket_at(edges, cell.bucket, "cell.bucket")
    return TimeRange(edges[number], edges[number + 1])


def _asked(question: TimeSeriesQuestion, cell: SeriesCell) -> tuple[Filter, ...]:
    measure = question.measure
    if not isinstance(measure, Rate):
        if cell.side is not None:
            raise InvalidRequest("Only a rate has a numerator and a denominator.", field="cell.side")
        return question.filters
    own = measure.denominator if cell.side == "denominator" else measure.numerator
    return (*question.filters, *own)


def _of_row(
    question: TimeSeriesQuestion, row: RowName, tenant: Tenant, sources: Sources, now: int
) -> tuple[Filter, ...]:
    """As the series of a breakdown are cut: `other` has none of the listed values, and some."""
    if row.kind == "whole":
        return ()
    field = _field(question)
    if row.kind == "absent":
        return (Filter(field, "missing"),)
    if row.kind == "value":
        if row.key is None:
            raise InvalidRequest("A row of a value has its key.", field="cell.row.key")
        return (Filter(field, "eq", (row.key,)),)
    filters = as_stored(question.filters, tenant)
    top = question.breakdown.top if question.breakdown else 0
    whole = _span(question, SeriesCell(), now)
    listed = series_numbers(question, tenant.id, sources, now).top_values(whole, filters, field, top).values
    return (Filter(field, "exists"), *((Filter(field, "not_in", tuple(listed)),) if listed else ()))


def _field(question: TimeSeriesQuestion) -> Field:
    if question.breakdown is None:
        raise InvalidRequest("The question has no breakdown, so that its answer has one row: whole.", field="cell.row")
    return question.breakdown.field
