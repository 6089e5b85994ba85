"""Questions about events, answered from documents in memory by looking at each: the twin that is easy to believe."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from touchline.domain.event_documents import received_at_of
from touchline.domain.properties import Scalar, property_entry, read_entry
from touchline.domain.queries.catalogue import FieldUse, Newest, PropertyUse, type_of
from touchline.domain.queries.cells import Cell, Cells, Part, Sum
from touchline.domain.queries.fields import Field, field_named
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.listing import EventsQuestion, position_of
from touchline.domain.queries.matching import meets, same, values_of
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.queries.tally import Row, RowKind, Tallied, Tally, TopValues

type Document = dict[str, Any]


class MemoryEventReports:
    """`people`: actor id → the id of its person, for merged actors."""

    def __init__(self, documents: Iterable[Document] = (), people: Mapping[str, str] | None = None) -> None:
        self.documents = list(documents)
        self.people = people or {}
        self.begins = 0  # epoch ms

    def kept_from(self, now: int) -> int:
        return self.begins

    def tally(self, tenant: str, tally: Tally) -> Tallied:
        found = self._of(tenant, TimeRange(tally.edges[0], tally.edges[-1]), tally.filters)

        def row(kind: RowKind, key: Scalar | None, documents: list[Document]) -> Row:
            return _row(kind, key, tally, documents, self.people)

        rows = [row("whole", None, found)]
        field = tally.field
        if field is not None:
            present = [document for document in found if values_of(document, field)]
            for key in tally.listed:
                rows.append(row("value", key, [d for d in present if _is_one_of(d, field, (key,))]))
            rows.append(row("other", None, [d for d in present if not _is_one_of(d, field, tally.listed)]))
            rows.append(row("absent", None, [d for d in found if not values_of(d, field)]))
        return Tallied(rows, people_limit=len(self.documents))

    def top_values(self, tenant: str, span: TimeRange, filters: Sequence[Filter], field: Field, top: int) -> TopValues:
        counted: Counter[str] = Counter()
        for document in self._of(tenant, span, filters):
            counted.update(_term(field, value) for value in values_of(document, field))
        ranked = sorted(counted, key=lambda term: (-counted[term], term))[:top]
        return TopValues(tuple(read_entry(t)[1] if field.kind == "property" else t for t in ranked), 0)

    def page(self, tenant: str, question: EventsQuestion) -> list[Document]:
        found = self._of(tenant, question.span, question.filters)
        ordered = sorted(found, key=_place, reverse=question.newest_first)
        after = question.after
        if after is not None:
            edge = (after.at, after.sequence)
            ordered = [d for d in ordered if (_place(d) < edge if question.newest_first else _place(d) > edge)]
        return ordered[: question.limit + 1]

    def field_uses(self, tenant: str, span: TimeRange, fields: Sequence[str], examples: int) -> list[FieldUse]:
        found = self._of(tenant, span, ())
        uses = []
        for name in fields if found else ():
            counted = Counter(value for d in found for value in values_of(d, field_named(name, "fields")))
            ranked = sorted(counted.items(), key=lambda one: (-one[1], one[0]))
            uses.append(FieldUse(name, counted.total(), len(counted), tuple(ranked[:examples])))
        return uses

    def property_uses(self, tenant: str, span: TimeRange, examples: int) -> tuple[list[PropertyUse], bool]:
        entries = Counter(e for d in self._of(tenant, span, ()) for e in set(d.get("properties", ())))
        keys: dict[tuple[str, Any], list[tuple[Scalar, int]]] = {}
        for entry, events in sorted(entries.items(), key=lambda one: (-one[1], one[0])):
            key, value = read_entry(entry)
            keys.setdefault((key, type_of(value)), []).append((value, events))
        uses = [
            PropertyUse(key, kind, self._with(tenant, span, key, kind), tuple(values[:examples]))
            for (key, kind), values in keys.items()
        ]
        return sorted(uses, key=lambda use: (-use.events, use.key, use.type)), True

    def actions(self, tenant: str, span: TimeRange) -> list[str]:
        counted = Counter(document["action"] for document in self._of(tenant, span, ()))
        return sorted(counted, key=lambda action: (-counted[action], action))

    def newest(self, tenant: str, span: TimeRange) -> Newest | None:
        found = self._of(tenant, span, ())
        if not found:
            return None
        received = received_at_of(max(document["sequence"] for document in found))
        return Newest(max(document["@timestamp"] for document in found), received, len(found))

    def _of(self, tenant: str, span: TimeRange, filters: Iterable[Filter]) -> list[Document]:
        asked = list(filters)
        return [
            document
            for document in self.documents
            if document["tenant"] == tenant
            and span.start <= document["@timestamp"] < span.end
            and all(meets(document, one) for one in asked)
        ]

    def _with(self, tenant: str, span: TimeRange, key: str, kind: str) -> int:
        field = Field(f"properties.{key}", "property")
        return sum(any(type_of(v) == kind for v in values_of(d, field)) for d in self._of(tenant, span, ()))


def _place(document: Document) -> tuple[int, int]:
    position = position_of(document)
    return position.at, position.sequence


def _term(field: Field, value: Scalar) -> str:
    return property_entry(field.key, value) if field.kind == "property" else str(value)


def _is_one_of(document: Document, field: Field, listed: Iterable[Scalar]) -> bool:
    return any(same(value, key) for value in values_of(document, field) for key in listed)


def _row(kind: RowKind, key: Scalar | None, tally: Tally, documents: list[Document], people: Mapping[str, str]) -> Row:
    buckets: list[list[Document]] = [[] for _ in tally.edges[1:]]
    for document in documents:
        buckets[bisect_right(tally.edges, document["@timestamp"]) - 1].append(document)
    return Row(
        kind,
        key,
        _cells(tally.parts, documents, people),
        [_cells(tally.parts, bucket, people) for bucket in buckets],
    )


def _cells(parts: Iterable[Part], documents: list[Document], people: Mapping[str, str]) -> Cells:
    return tuple(
        _cell(part, [d for d in documents if all(meets(d, f) for f in part.filters)], people) for part in parts
    )


def _cell(part: Part, documents: list[Document], people: Mapping[str, str]) -> Cell:
    match part.kind:
        case "events":
            return Cell(events=len(documents))
        case "actors":
            return Cell(events=len({people.get(d["actor"]["id"], d["actor"]["id"]) for d in documents}))
        case "amounts":
            return Cell(by_currency=tuple((c, Sum(sum(a), len(a))) for c, a in _amounts(documents)))
        case "numbers":
            numbers = _numbers(part, documents)
            return Cell(sum=Sum(float(sum(numbers)), len(numbers)))
        case "amount_percentiles":
            return Cell(percentiles=tuple((c, _percentiles(part, a)) for c, a in _amounts(documents)))
        case "number_percentiles":
            return Cell(percentiles=(("", _percentiles(part, _numbers(part, documents))),))


def _amounts(documents: list[Document]) -> list[tuple[str, list[int]]]:
    found: dict[str, list[int]] = {}
    for document in documents:
        if "value" in document:
            found.setdefault(document["value"]["currency"], []).append(document["value"]["amount_e4"])
    return sorted(found.items())


def _numbers(part: Part, documents: list[Document]) -> list[float]:
    field = Field(f"properties.{part.key}", "property")
    return [v for d in documents for v in values_of(d, field) if not isinstance(v, bool | str)]


def _percentiles(part: Part, values: Sequence[float]) -> tuple[float | None, ...]:
    ordered = sorted(values)
    if not ordered:
        return (None,) * len(part.percents)
    return tuple(float(ordered[min(int(p / 100 * len(ordered)), len(ordered) - 1)]) for p in part.percents)
