"""Questions about events, asked of the search store."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from touchline.adapters.opensearch.event_days import event_days
from touchline.adapters.opensearch.filter_queries import PROPERTIES, all_of, regular, text_prefix, typed_prefix
from touchline.adapters.opensearch.property_uses import find_property_uses
from touchline.adapters.opensearch.tally_answers import is_cut, read_tally
from touchline.adapters.opensearch.tally_queries import span_query, tally_body
from touchline.domain.event_documents import received_at_of
from touchline.domain.properties import read_entry
from touchline.domain.queries.catalogue import FieldUse, Newest, PropertyUse
from touchline.domain.queries.clock import first_kept
from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.listing import EventsQuestion
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.queries.tally import Tallied, Tally, TopValues
from touchline.ports import Document, EventSearch

type Body = dict[str, Any]

# Each shard names so many candidates: with fewer different values than this in a day, the choice is exact.
SHARD_CANDIDATES: Final = 2_000
MOST_ACTIONS: Final = 1_000


class OpenSearchEventReports:
    def __init__(self, search: EventSearch, days: int | None = None) -> None:
        """`days`: of events that are kept, today included; None: all."""
        self._search = search
        self._days = days

    def kept_from(self, now: int) -> int:
        return 0 if self._days is None else first_kept(now, self._days)

    def tally(self, tenant: str, tally: Tally) -> Tallied:
        days = event_days(tally.edges[0], tally.edges[-1])
        found = self._search.search(tenant, days, tally_body(tally))
        if any(part.key for part in tally.parts) and is_cut(found):
            found = self._search.search(tenant, days, tally_body(tally, numbers="read"))
        return read_tally(tally, found)

    def top_values(self, tenant: str, span: TimeRange, filters: Sequence[Filter], field: Field, top: int) -> TopValues:
        found = self._aggregations(tenant, span, filters, {"top": _top(field, top)}).get("top", {})
        keys = [bucket["key"] for bucket in found.get("buckets", ())]
        values = tuple(read_entry(key)[1] if field.kind == "property" else key for key in keys)
        return TopValues(values, max(0, found.get("doc_count_error_upper_bound", 0)))

    def page(self, tenant: str, question: EventsQuestion) -> list[Document]:
        span = question.span
        found = self._search.search(tenant, event_days(span.start, span.end), _page(question))
        return [hit["_source"] for hit in found["hits"]["hits"]]

    def field_uses(self, tenant: str, span: TimeRange, fields: Sequence[str], examples: int) -> list[FieldUse]:
        aggs: Body = {}
        for name in fields:
            terms = {"terms": {"field": name, "size": examples, "shard_size": SHARD_CANDIDATES}}
            distinct = {"cardinality": {"field": name}}
            aggs[name] = {"filter": {"exists": {"field": name}}, "aggs": {"values": terms, "distinct": distinct}}
        found = self._aggregations(tenant, span, (), aggs)
        return [_field_use(name, found[name]) for name in fields if name in found]

    def property_uses(self, tenant: str, span: TimeRange, examples: int) -> tuple[list[PropertyUse], bool]:
        return find_property_uses(lambda aggs: self._aggregations(tenant, span, (), aggs), examples)

    def actions(self, tenant: str, span: TimeRange) -> list[str]:
        terms = {"terms": {"field": "action", "size": MOST_ACTIONS}}
        found = self._aggregations(tenant, span, (), {"actions": terms})
        return [bucket["key"] for bucket in found.get("actions", {}).get("buckets", ())]

    def newest(self, tenant: str, span: TimeRange) -> Newest | None:
        happened, received = {"max": {"field": "@timestamp"}}, {"max": {"field": "sequence"}}
        number: Body = {"filter": {"match_all": {}}}
        found = self._aggregations(tenant, span, (), {"happened": happened, "received": received, "number": number})
        if not found or not found["number"]["doc_count"]:
            return None
        # A sequence as a double is right to 256 millionths of a millisecond.
        received_at = received_at_of(round(found["received"]["value"]))
        return Newest(round(found["happened"]["value"]), received_at, found["number"]["doc_count"])

    def _aggregations(self, tenant: str, span: TimeRange, filters: Sequence[Filter], aggs: Body) -> Mapping[str, Any]:
        """Empty where no day of the range has an index."""
        query = {"bool": {"filter": [span_query(span.start, span.end), all_of(filters)]}}
        body = {"size": 0, "track_total_hits": False, "query": query, "aggs": aggs}
        found = self._search.search(tenant, event_days(span.start, span.end), body)
        aggregations: Mapping[str, Any] = found.get("aggregations", {})
        return aggregations


def _top(field: Field, top: int) -> Body:
    order = [{"_count": "desc"}, {"_key": "asc"}]
    terms: Body = {"size": top, "shard_size": SHARD_CANDIDATES, "order": order}
    if field.kind != "property":
        return {"terms": {"field": field.name, **terms}}
    include = "|".join(f"{regular(prefix)}.*" for prefix in (text_prefix(field), typed_prefix(field)))
    return {"terms": {"field": PROPERTIES, "include": include, **terms}}


def _page(question: EventsQuestion) -> Body:
    order = "desc" if question.newest_first else "asc"
    span = question.span
    body: Body = {
        "size": question.limit + 1,
        "track_total_hits": False,
        "query": {"bool": {"filter": [span_query(span.start, span.end), all_of(question.filters)]}},
        "sort": [{"@timestamp": {"order": order}}, {"sequence": {"order": order}}],
    }
    if question.after is not None:
        body["search_after"] = [question.after.at, question.after.sequence]
    return body


def _field_use(name: str, found: Mapping[str, Any]) -> FieldUse:
    values = tuple((bucket["key"], bucket["doc_count"]) for bucket in found["values"]["buckets"])
    return FieldUse(name, found["doc_count"], found["distinct"]["value"], values)
