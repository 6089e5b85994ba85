"""A time series: numbers over time, with a breakdown that adds up and the period to compare with."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from touchline.domain.queries.buckets import boundaries, buckets_of, finished
from touchline.domain.queries.cells import NOTHING, Cells
from touchline.domain.queries.clock import rfc3339
from touchline.domain.queries.comparison import Shift, choose_shift, shifted_edges
from touchline.domain.queries.exactness import exactness
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.measures import Measure, Rate
from touchline.domain.queries.questions import Compare, TimeSeriesQuestion
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.queries.scope import Scope
from touchline.domain.queries.series import breakdown_facts, bucket_facts, compared_series, series_of
from touchline.domain.queries.tally import Row, Tallied, Tally, TopValues, check_cells
from touchline.domain.tenancy import Tenant
from touchline.errors import InvalidRange
from touchline.ports import EventReports
from touchline.services.answer_head import answer_head
from touchline.services.series_numbers import SeriesNumbers, series_numbers
from touchline.services.sources import Sources
from touchline.services.stored_filters import as_stored, check_actions

NOT_BROKEN_DOWN = TopValues((), 0)


def answer_time_series(question: TimeSeriesQuestion, tenant: Tenant, sources: Sources, now: int) -> dict[str, Any]:
    """`now` in epoch ms."""
    asked = _as_stored(question, tenant)
    edges = edges_of(asked, now)
    numbers = series_numbers(asked, tenant.id, sources, now)
    top = _top_values(asked, edges, numbers)
    check_cells(len(edges) - 1, len(top.values), len(asked.measure.parts))
    tallied = _tally(edges, asked, top, numbers)
    notes = _notes(asked, tallied.rows[0], sources.reports, tenant.id, now)
    answer = answer_head(
        question.measure.describe(),
        _scope(question, TimeRange(edges[0], edges[-1])),
        as_of=numbers.as_of(TimeRange(edges[0], max(edges[-1], edges[0] + 1)), now),
        interval=asked.interval,
        accuracy=exactness(asked.measure, tallied, chosen_within=top.error_bound),
        index=sources.freshness.of(tenant.id, now),
        notes=notes,
    )
    answer |= {
        "buckets": bucket_facts(buckets_of(edges, now), asked.zone),
        "series": series_of(asked.measure, tallied.rows),
    }
    if asked.breakdown is not None:
        answer["breakdown"] = breakdown_facts(asked.breakdown, asked.measure, tallied.rows, top)
    if asked.compare is not None:
        answer["comparison"] = _comparison(asked, asked.compare, edges, (tallied, top), numbers, now)
    return answer


def _scope(question: TimeSeriesQuestion, span: TimeRange) -> Scope:
    said = tuple(one.describe() for one in question.filters)
    return Scope(span, question.zone, question.week_start, (), question.segment, said, question.segment_said)


def _as_stored(question: TimeSeriesQuestion, tenant: Tenant) -> TimeSeriesQuestion:
    measure: Measure = question.measure
    if isinstance(measure, Rate):
        numerator, denominator = as_stored(measure.numerator, tenant), as_stored(measure.denominator, tenant)
        measure = replace(measure, numerator=numerator, denominator=denominator)
    return replace(question, measure=measure, filters=as_stored(question.filters, tenant))


def edges_of(asked: TimeSeriesQuestion, now: int) -> list[int]:
    """Of the buckets that are answered for."""
    edges = boundaries(asked.span.start, asked.span.end, asked.interval, asked.zone, asked.week_start)
    if asked.include_unfinished:
        return edges
    over = finished(edges, now)
    if len(over) < 2:
        raise InvalidRange(f"No {asked.interval.describe()} of this range is over yet.", field="include_unfinished")
    return over


def _top_values(asked: TimeSeriesQuestion, edges: list[int], numbers: SeriesNumbers) -> TopValues:
    if asked.breakdown is None:
        return NOT_BROKEN_DOWN
    span = TimeRange(edges[0], edges[-1])
    return numbers.top_values(span, asked.filters, asked.breakdown.field, asked.breakdown.top)


def _tally(edges: Sequence[int], asked: TimeSeriesQuestion, top: TopValues, numbers: SeriesNumbers) -> Tallied:
    """Buckets of no length hold nothing, and are not asked for."""
    field = asked.breakdown.field if asked.breakdown else None
    rising = sorted(set(edges))
    if len(rising) < 2:
        rising = [edges[0], edges[0] + 1]
    tally = Tally(tuple(rising), asked.filters, asked.measure.parts, field, top.values)
    tallied = numbers.tally(tally)
    if len(rising) == len(edges):
        return tallied
    return replace(tallied, rows=[_spread(row, edges, rising, asked.measure) for row in tallied.rows])


def _spread(row: Row, edges: Sequence[int], rising: list[int], measure: Measure) -> Row:
    nothing: Cells = (NOTHING,) * len(measure.parts)
    found = dict(zip(rising, row.buckets, strict=False))
    buckets = [found[start] if start < end else nothing for start, end in pairwise(edges)]
    return replace(row, buckets=buckets, total=row.total if edges[0] < edges[-1] else nothing)


def _notes(asked: TimeSeriesQuestion, whole: Row, reports: EventReports, tenant: str, now: int) -> list[str]:
    """Only a question without an answer costs another look at the store."""
    if all(cell != NOTHING for cell in whole.total):
        return []
    own: list[Filter] = [one for part in asked.measure.parts for one in part.filters]
    return check_actions(reports, tenant, [*asked.filters, *own], now)


def _comparison(
    asked: TimeSeriesQuestion,
    compare: Compare,
    edges: list[int],
    found: tuple[Tallied, TopValues],
    numbers: SeriesNumbers,
    now: int,
) -> dict[str, Any]:
    span = TimeRange(edges[0], edges[-1])
    shift: Shift = choose_shift(
        compare.period, compare.custom_start, span, asked.interval, asked.zone, weekday=compare.match_weekday
    )
    other_edges = shifted_edges(edges, shift, asked.zone, now)
    tallied, top = found
    before = _tally(other_edges, asked, top, numbers)
    return {
        "with": compare.period,
        "match_weekday": compare.match_weekday or compare.period == "match_weekday",
        "range": {
            "from": rfc3339(other_edges[0], asked.zone),
            "to": rfc3339(other_edges[-1], asked.zone),
        },
        "accuracy": exactness(asked.measure, before, chosen_within=0),
        "buckets": [
            {"from": rfc3339(start, asked.zone), "to": rfc3339(end, asked.zone)} for start, end in pairwise(other_edges)
        ],
        "series": compared_series(asked.measure, tallied.rows, before.rows),
    }
