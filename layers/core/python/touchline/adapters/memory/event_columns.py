"""Events as arrays, made from documents one by one: the twin that is easy to believe."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from touchline.adapters.memory.event_reports import MemoryEventReports
from touchline.domain.people import person_key
from touchline.domain.properties import Scalar
from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.matching import meets, values_of
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.queries.segments import Condition, Segment
from touchline.domain.queries.tally import Tallied, Tally, TopValues
from touchline.domain.sequences.rows import Coded, EventRows, Extent, RowsQuestion

type Document = dict[str, Any]


class MemoryEventColumns:
    """`people`: actor id → the id of its person, for merged actors."""

    def __init__(self, documents: Iterable[Document] = (), people: Mapping[str, str] | None = None) -> None:
        self.documents = list(documents)
        self.people = dict(people or {})
        self.as_of = 0
        self.reading = 0.0  # seconds

    def rows(self, tenant: str, question: RowsQuestion) -> EventRows:
        found = [d for d in self._of(tenant, question.span) if all(meets(d, one) for one in question.filters)]
        marks = {id(d): _marks(d, question) for d in found}
        if question.criteria and question.only_marked:
            found = [d for d in found if marks[id(d)]]
        if question.segment is not None:
            inside = self._segment(tenant, question.segment)
            found = [d for d in found if self._person(d) in inside]
        part = question.part
        found = [d for d in found if person_key(self._person(d)) * part.of >> 64 == part.number]
        found.sort(key=lambda d: (person_key(self._person(d)), d["@timestamp"], d["sequence"], _id(d)))
        amounts = [d.get("value", {}).get("amount_e4", 0) for d in found]
        return EventRows(
            np.array([person_key(self._person(d)) for d in found], np.uint64),
            np.array([d["@timestamp"] for d in found], np.int64),
            np.array([marks[id(d)] for d in found], np.uint32),
            {field.name: _coded(found, field) for field in question.fields},
            np.array(amounts, np.int64) if question.amounts else None,
            _coded(found, Field("value.currency", "text")) if question.amounts else None,
            np.array([_id(d) for d in found], object) if question.ids else None,
            np.array([d["sequence"] for d in found], np.int64) if question.sequences else None,
        )

    def tally(self, tenant: str, tally: Tally, segment: Segment | None = None) -> Tallied:
        return replace(self._reports(tenant, segment).tally(tenant, tally), exact=True)

    def top_values(
        self,
        tenant: str,
        span: TimeRange,
        filters: Sequence[Filter],
        field: Field,
        top: int,
        segment: Segment | None = None,
    ) -> TopValues:
        return self._reports(tenant, segment).top_values(tenant, span, filters, field, top)

    def extent(self, tenant: str, span: TimeRange) -> Extent:
        return Extent(len(self._of(tenant, span)), -(-(span.end - span.start) // 86_400_000), self.as_of)

    def reading_seconds(self, tenant: str, span: TimeRange) -> float:
        return self.reading

    def version(self, tenant: str, span: TimeRange) -> str:
        return repr((self._of(tenant, span), sorted(self.people.items())))

    def actors(self, tenant: str, people: Sequence[int]) -> dict[int, list[str]]:
        known: dict[int, list[str]] = {}
        for actor in sorted({d["actor"]["id"] for d in self.documents if d["tenant"] == tenant} | set(self.people)):
            person = self.people.get(actor, actor)
            known.setdefault(person_key(person), [person])
            if actor != person:
                known[person_key(person)].append(actor)
        return {key: known[key] for key in people if key in known}

    def _reports(self, tenant: str, segment: Segment | None) -> MemoryEventReports:
        inside = None if segment is None else self._segment(tenant, segment)
        found = [d for d in self.documents if d["tenant"] == tenant and (inside is None or self._person(d) in inside)]
        return MemoryEventReports(found, self.people)

    def _of(self, tenant: str, span: TimeRange) -> list[Document]:
        return [d for d in self.documents if d["tenant"] == tenant and span.start <= d["@timestamp"] < span.end]

    def _person(self, document: Document) -> str:
        actor: str = document["actor"]["id"]
        return self.people.get(actor, actor)

    def _segment(self, tenant: str, segment: Segment) -> set[str]:
        spans = [self._of(tenant, condition.span) for condition in segment.conditions]
        everybody = {self._person(d) for found in spans for d in found}
        for condition, found in zip(segment.conditions, spans, strict=True):
            everybody = {person for person in everybody if self._holds(condition, person, found)}
        return everybody

    def _holds(self, condition: Condition, person: str, found: Sequence[Document]) -> bool:
        did = sum(self._person(d) == person and all(meets(d, one) for one in condition.filters) for d in found)
        return condition.at_least <= did and (condition.at_most is None or did <= condition.at_most)


def _id(document: Document) -> str:
    return str(document.get("_id", document["id"]))


def _marks(document: Document, question: RowsQuestion) -> int:
    return sum(
        1 << bit for bit, criterion in enumerate(question.criteria) if all(meets(document, one) for one in criterion)
    )


def _coded(documents: Sequence[Document], field: Field) -> Coded:
    codes: dict[tuple[tuple[bool, Scalar], ...], int] = {(): 0}  # true is not 1
    keys = (tuple((isinstance(one, bool), one) for one in values_of(document, field)) for document in documents)
    found = [codes.setdefault(key, len(codes)) for key in keys]
    return Coded(np.array(found, np.int32), tuple(tuple(value for _, value in key) for key in codes))
