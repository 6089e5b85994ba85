"""What touches add up to for a question: as kept with the conversions, or computed anew from them."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from touchline.domain.attributed import Attributed, Value, adds_up
from touchline.domain.attribution import CreditRules
from touchline.domain.people import person_key
from touchline.domain.queries.attributed import AttributedQuestion, ConversionPage, ConversionsOf
from touchline.domain.queries.attribution_questions import AttributionQuestion
from touchline.domain.queries.fields import Field
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.recredited import PARTS, Recredited, Recrediting
from touchline.domain.sequences.rows import RowsQuestion
from touchline.ports import Document
from touchline.services.sources import Sources, Work

# With touches, a few MB.
CONVERSIONS_A_PAGE: Final = 1_000


def attributed_sums(
    question: AttributionQuestion,
    edges: Sequence[int],
    tenant: str,
    sources: Sources,
    work: Work,
    *,
    listed: tuple[Value, ...] | None = None,
) -> Attributed:
    """In buckets between rising edges. With `listed` it may be that only these values are told."""
    of = conversions_of_question(question, TimeRange(edges[0], edges[-1]))
    asked = AttributedQuestion(
        of, tuple(edges), question.field, question.columns(), question.goal.value is not None, listed
    )
    if question.is_kept():
        found = sources.conversions.attributed(tenant, asked)
        if question.field.kind != "property" or adds_up(found):
            return found
    return _recredited(question, asked, tenant, sources, work)


def conversions_of_question(question: AttributionQuestion, span: TimeRange) -> ConversionsOf:
    return ConversionsOf(question.goal.id, question.goal.version, span, question.scope.filters)


def every_conversion(
    of: ConversionsOf, parts: Sequence[str], tenant: str, sources: Sources, work: Work
) -> Iterator[Document]:
    """In order of time, page by page."""
    page = ConversionPage(of, CONVERSIONS_A_PAGE, None, tuple(parts))
    length = of.span.end - of.span.start
    while True:
        found = sources.conversions.page(tenant, page)
        yield from found
        if len(found) < page.limit:
            return
        last = found[-1]
        work.reach(last["@timestamp"] - of.span.start, length)
        page = replace(page, after=(last["@timestamp"], last["event"]))


def _recredited(
    question: AttributionQuestion, asked: AttributedQuestion, tenant: str, sources: Sources, work: Work
) -> Attributed:
    rules = CreditRules(question.goal.half_life_ms, question.direct_channels)
    sums = Recredited(Recrediting(question.field, rules, question.lookback_ms, question.collapse))
    of = asked.conversions
    people = people_of_segment(question, of.span, tenant, sources)
    for document in every_conversion(of, (*PARTS, part_of_field(question.field)), tenant, sources, work):
        if people is None or person_key(document["person"]) in people:
            sums.add(bisect_right(asked.edges, document["@timestamp"]) - 1, document)
    return sums.found()


def part_of_field(field: Field) -> str:
    return "touches.properties" if field.kind == "property" else f"touches.{field.name}"


def people_of_segment(
    question: AttributionQuestion, span: TimeRange, tenant: str, sources: Sources
) -> frozenset[int] | None:
    """Those of the segment with a goal event in the span; None: everybody."""
    segment = question.scope.segment
    if segment is None:
        return None
    rows = sources.columns.rows(tenant, RowsQuestion(span, criteria=question.goal.criteria, segment=segment))
    return frozenset(rows.people.tolist())
