"""What conversions and memberships come to, one document at a time."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from touchline.domain.attributed import COLUMNS, Attributed, Touched, Value, Whole, value_key
from touchline.domain.attribution import MICRO
from touchline.domain.queries.attributed import (
    AttributedQuestion,
    CohortQuestion,
    Cohorts,
    ConversionPage,
    ConversionsOf,
)
from touchline.domain.queries.matching import meets, values_of

type Document = dict[str, Any]
type Cell = tuple[int, str | None]

SCALES = {"first": MICRO, "last": MICRO, "won": MICRO}


class MemoryConversionReports:
    """`documents`: as the store has them, with their `_id`."""

    def __init__(self, documents: Iterable[Document] = ()) -> None:
        self.documents = list(documents)

    def attributed(self, tenant: str, question: AttributedQuestion) -> Attributed:
        wholes: dict[Cell, list[int]] = defaultdict(lambda: [0] * 4)
        touched: dict[tuple[Cell, tuple[str, str]], list[Any]] = {}
        for one in self._conversions(tenant, question.conversions):
            amount = one.get("value", {}).get("amount_e4", 0) if question.values else 0
            cell = bisect_right(question.edges, one["@timestamp"]) - 1, one.get("value", {}).get("currency")
            nobody = not one["touch_count"]
            added = 1, amount, int(nobody), amount * nobody
            wholes[cell] = [a + b for a, b in zip(wholes[cell], added, strict=True)]
            for touch in one["touches"]:
                for value in values_of(touch, question.field) or [None]:
                    sums = touched.setdefault((cell, value_key(value)), [value, 0, [0] * 6, [0] * 6])
                    _add(sums, touch, question)
        return Attributed(
            [
                Touched(*cell, value, number, tuple(counts), tuple(values))
                for (cell, _), (value, number, counts, values) in touched.items()
                if _is_listed(value, question)
            ],
            [Whole(*cell, *sums) for cell, sums in wholes.items()],
        )

    def page(self, tenant: str, page: ConversionPage) -> list[Document]:
        found = sorted(self._conversions(tenant, page.conversions), key=_place)
        return [one for one in found if page.after is None or _place(one) > page.after][: page.limit]

    def get(self, tenant: str, conversion_id: str) -> Document | None:
        return next(
            (one for one in self.documents if one["tenant"] == tenant and one.get("_id") == conversion_id), None
        )

    def cohorts(self, tenant: str, question: CohortQuestion) -> dict[str, Cohorts]:
        return {value: self._cohorts(tenant, question, value) for value in question.values}

    def members(self, tenant: str, question: CohortQuestion, *, converted: bool) -> list[Document]:
        kind = "converted" if converted else "member"
        return sorted(
            (one for one in self._entered(tenant, question) if one["kind"] == kind),
            key=lambda one: (one["@timestamp"], one["person"]),
        )

    def _conversions(self, tenant: str, asked: ConversionsOf) -> Iterator[Document]:
        for one in self.documents:
            same = one["tenant"] == tenant and "kind" not in one
            if same and (one["goal"], one["goal_version"]) == (asked.goal, asked.version):
                inside = asked.span.start <= one["@timestamp"] < asked.span.end
                if inside and all(meets(one, condition) for condition in asked.filters):
                    yield one

    def _entered(self, tenant: str, question: CohortQuestion) -> Iterator[Document]:
        for one in self.documents:
            if one["tenant"] == tenant and one.get("dimension") == question.dimension:
                inside = question.edges[0] <= one["@timestamp"] < question.edges[-1]
                if inside and one["@timestamp"] <= question.as_of and one["value"] in question.values:
                    yield from [one] if one["kind"] == "member" or _converted(one, question) else []

    def _cohorts(self, tenant: str, question: CohortQuestion, value: str) -> Cohorts:
        own = [one for one in self._entered(tenant, question) if one["value"] == value]
        buckets = [bisect_right(question.edges, one["@timestamp"]) - 1 for one in own]
        is_member = np.array([one["kind"] == "member" for one in own], np.bool_)
        placed = np.array(buckets, np.int64)
        ages = np.array([one.get("age_ms", 0) for one in own], np.int64)
        sizes = np.bincount(placed[is_member], minlength=len(question.edges) - 1)
        return Cohorts(sizes, placed[~is_member], ages[~is_member])


def _place(document: Document) -> tuple[int, str]:
    return document["@timestamp"], document["event"]


def _converted(document: Document, question: CohortQuestion) -> bool:
    goal = document["goal"] == question.goal and document["goal_version"] == question.version
    in_time = question.window_ms is None or document["age_ms"] <= question.window_ms
    return goal and in_time and bool(document["converted_at"] <= question.as_of)


def _add(sums: list[Any], touch: Document, question: AttributedQuestion) -> None:
    sums[1] += 1
    for n, name in enumerate(COLUMNS):
        if name in question.columns:
            sums[2][n] += touch.get(name, 0) * SCALES.get(name, 1)
            sums[3][n] += touch.get(f"{name}_e4", 0) if question.values else 0


def _is_listed(value: Value, question: AttributedQuestion) -> bool:
    return question.listed is None or value_key(value) in map(value_key, question.listed)
