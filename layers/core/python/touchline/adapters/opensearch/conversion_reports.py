"""Questions about conversions and memberships, asked of the search store."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final

import numpy as np

from touchline.adapters.opensearch.attributed_templates import MEMBERSHIPS
from touchline.adapters.opensearch.conversion_queries import (
    EVERY_MONTH,
    MOST_VALUES,
    NO_CURRENCY,
    attributed_body,
    cohort_body,
    conversion_months,
    is_left_over,
    members_body,
    page_body,
)
from touchline.domain.attributed import COLUMNS, Attributed, Touched, Value, Whole
from touchline.domain.attribution import MICRO
from touchline.domain.properties import read_entry
from touchline.domain.queries.attributed import AttributedQuestion, CohortQuestion, Cohorts, ConversionPage
from touchline.errors import TooManyValues
from touchline.ports import Document, EventSearch

type Bucket = Mapping[str, Any]

PAGE: Final = 10_000
# Kept as flags: one each.
FLAGS: Final = frozenset({"first", "last", "won"})


class OpenSearchConversionReports:
    def __init__(self, search: EventSearch) -> None:
        self._search = search

    def attributed(self, tenant: str, question: AttributedQuestion) -> Attributed:
        span = question.conversions.span
        found = self._search.search(tenant, conversion_months(span.start, span.end), attributed_body(question))
        aggregations = found.get("aggregations", {})
        spans = [aggregations] if "currencies" in aggregations else aggregations.get("spans", {}).get("buckets", ())
        cells = [(n, one) for n, span in enumerate(spans) for one in span["currencies"]["buckets"]]
        return Attributed(
            list(chain.from_iterable(_touched(question, n, one) for n, one in cells)),
            [_whole(n, one) for n, one in cells],
        )

    def page(self, tenant: str, page: ConversionPage) -> list[Document]:
        span = page.conversions.span
        found = self._search.search(tenant, conversion_months(span.start, span.end), page_body(page))
        # Of an empty list the store gives none of its parts.
        return [{"touches": [], **hit["_source"], "_id": hit["_id"]} for hit in found["hits"]["hits"]]

    def get(self, tenant: str, conversion_id: str) -> Document | None:
        body = {"size": 1, "query": {"ids": {"values": [conversion_id]}}}
        hits = self._search.search(tenant, EVERY_MONTH, body)["hits"]["hits"]
        return {**hits[0]["_source"], "_id": hits[0]["_id"]} if hits else None

    def cohorts(self, tenant: str, question: CohortQuestion) -> dict[str, Cohorts]:
        found = self._search.search(tenant, MEMBERSHIPS, cohort_body(question)).get("aggregations", {})
        members, converted = _spans(found.get("members", {})), _spans(found.get("converted", {}))
        return {
            value: _cohorts(question, members.get(value, ()), converted.get(value, ())) for value in question.values
        }

    def members(self, tenant: str, question: CohortQuestion, *, converted: bool) -> list[Document]:
        found: list[Document] = []
        after = None
        while True:
            body = members_body(question, converted=converted, limit=PAGE, after=after)
            hits = self._search.search(tenant, MEMBERSHIPS, body)["hits"]["hits"]
            found += [hit["_source"] for hit in hits]
            if len(hits) < PAGE:
                return found
            after = hits[-1]["sort"]


def _touched(question: AttributedQuestion, bucket: int, of_currency: Bucket) -> Iterator[Touched]:
    touches = of_currency["touches"]
    currency = _currency(of_currency)
    listed = touches.get("values", {"buckets": ()})
    if question.listed is None and listed["sum_other_doc_count"]:
        raise TooManyValues(
            f"{question.field.name} has more than {MOST_VALUES:,} values in these touches; use a field with fewer, "
            "or a shorter range.",
            field="dimension",
        )
    told = []
    for one in listed["buckets"]:
        value = read_entry(one["key"])[1] if question.field.kind == "property" else one["key"]
        told.append(_sums(bucket, currency, value, one))
    yield from told
    if is_left_over(question):
        left = _left(question, bucket, of_currency, told)
        yield from [left] if left.touches else []
    elif touches["absent"]["doc_count"] and (question.listed is None or None in question.listed):
        yield _sums(bucket, currency, None, touches["absent"])


def _left(question: AttributedQuestion, bucket: int, found: Bucket, told: Sequence[Touched]) -> Touched:
    """What the touches without the field come to: every column adds up to the conversions that have a touch."""
    whole = _whole(bucket, found)
    conversions = (whole.conversions - whole.unattributed) * MICRO
    amount = whole.amount_e4 - whole.unattributed_e4
    counts, values = [0] * len(COLUMNS), [0] * len(COLUMNS)
    for n, name in enumerate(COLUMNS):
        if name in question.columns:
            counts[n] = conversions - sum(int(one.counts[n]) for one in told)
            values[n] = amount - sum(int(one.values[n]) for one in told)
    touches = found["touches"]["doc_count"] - sum(int(one.touches) for one in told)
    return Touched(bucket, whole.currency, None, touches, tuple(counts), tuple(values))


def _sums(bucket: int, currency: str | None, value: Value, found: Bucket) -> Touched:
    counts = tuple(_whole_number(found, name) * (MICRO if name in FLAGS else 1) for name in COLUMNS)
    values = tuple(_whole_number(found, f"{name}_e4") for name in COLUMNS)
    return Touched(bucket, currency, value, found["doc_count"], counts, values)


def _whole(bucket: int, found: Bucket) -> Whole:
    nobody = found["unattributed"]
    return Whole(
        bucket,
        _currency(found),
        found["doc_count"],
        _whole_number(found, "amount"),
        nobody["doc_count"],
        _whole_number(nobody, "amount"),
    )


def _currency(found: Bucket) -> str | None:
    return None if found["key"] == NO_CURRENCY else found["key"]


def _whole_number(found: Bucket, name: str) -> int:
    """Sums of whole numbers, exact up to 2^53: nine thousand million conversions, or 900 thousand million of money."""
    return round(found[name]["value"]) if name in found else 0


def _spans(found: Bucket) -> dict[str, list[Bucket]]:
    return {one["key"]: one["spans"]["buckets"] for one in found.get("values", {}).get("buckets", ())}


def _cohorts(question: CohortQuestion, members: Any, converted: Any) -> Cohorts:
    sizes = [one["doc_count"] for one in members] or [0] * (len(question.edges) - 1)
    ages = [one["ages"]["value"] or () for one in converted]
    return Cohorts(
        np.array(sizes, np.int64),
        np.repeat(np.arange(len(ages)), [len(some) for some in ages]),
        np.array(list(chain.from_iterable(ages)), np.int64),
    )
