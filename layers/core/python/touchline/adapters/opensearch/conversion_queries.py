"""Questions about conversions and memberships as searches: one for each."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final

from touchline.adapters.opensearch.filter_queries import PROPERTIES, Query, all_of, regular, text_prefix, typed_prefix
from touchline.adapters.opensearch.tally_queries import MOST_CURRENCIES, span_query, term_of
from touchline.domain.attributed import Value
from touchline.domain.queries.attributed import AttributedQuestion, CohortQuestion, ConversionPage, ConversionsOf
from touchline.domain.queries.fields import Field

type Aggs = dict[str, Any]

TOUCHES: Final = "touches"
# An answer may have 65,535 buckets, and a value is one for each currency of the conversions.
MOST_VALUES: Final = 5_000
NO_CURRENCY: Final = ""
EVERY_MONTH: Final = "conversions-*"
MOST_MONTHS: Final = 48
MEMBER: Final[Query] = {"term": {"kind": "member"}}
# Each is one number: what a triangle and its medians are made of, exactly. A page of hits takes fifteen times as long.
AGES: Final = {
    "scripted_metric": {
        "init_script": "state.ages = []",
        "map_script": "state.ages.add(doc['age_ms'].value)",
        "combine_script": "return state.ages",
        "reduce_script": "def all = []; for (ages in states) { if (ages != null) { all.addAll(ages) } } return all",
    }
}


def conversion_months(start: int, end: int) -> str:
    """For [start, end) in epoch ms."""
    first, last = (datetime.fromtimestamp(at // 1000, UTC) for at in (start, end - 1))
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    if len(months) > MOST_MONTHS:
        return EVERY_MONTH
    return ",".join(f"conversions-{month // 12:04d}.{month % 12 + 1:02d}" for month in months)


def conversions_query(asked: ConversionsOf) -> Query:
    goal = [{"term": {"goal": asked.goal}}, {"term": {"goal_version": asked.version}}]
    return {"bool": {"filter": [*goal, span_query(asked.span.start, asked.span.end), all_of(asked.filters)]}}


def page_body(page: ConversionPage) -> dict[str, Any]:
    body = {
        "size": page.limit,
        "track_total_hits": False,
        "query": conversions_query(page.conversions),
        "sort": [{"@timestamp": "asc"}, {"event": "asc"}],
    }
    parts = {} if page.parts is None else {"_source": list(page.parts)}
    return body | parts | ({"search_after": list(page.after)} if page.after else {})


def attributed_body(question: AttributedQuestion) -> dict[str, Any]:
    amount: Aggs = {"amount": {"sum": {"field": "value.amount_e4"}}} if question.values else {}
    nobody: Aggs = {"filter": {"term": {"touch_count": 0}}, **({"aggs": amount} if amount else {})}
    of_currency = {**amount, "unattributed": nobody, "touches": _touches(question)}
    currency = {"field": "value.currency", "missing": NO_CURRENCY, "size": MOST_CURRENCIES}
    currencies: Aggs = {"currencies": {"terms": currency, "aggs": of_currency}}
    return {
        "size": 0,
        "track_total_hits": False,
        "query": conversions_query(question.conversions),
        # One bucket is the query's own range.
        "aggs": currencies if len(question.edges) == 2 else {"spans": {**_spans(question.edges), "aggs": currencies}},
    }


def cohort_body(question: CohortQuestion) -> dict[str, Any]:
    spans = _spans(question.edges)
    ages = {**spans, "aggs": {"ages": AGES}}
    return {
        "size": 0,
        "track_total_hits": False,
        "query": _entered(question),
        "aggs": {
            "members": {"filter": MEMBER, "aggs": _by_value(question, spans)},
            "converted": {"filter": _converted(question), "aggs": _by_value(question, ages)},
        },
    }


def members_body(question: CohortQuestion, *, converted: bool, limit: int, after: list[Any] | None) -> dict[str, Any]:
    body = {
        "size": limit,
        "track_total_hits": False,
        "query": {"bool": {"filter": [_entered(question), _converted(question) if converted else MEMBER]}},
        "sort": [{"@timestamp": "asc"}, {"person": "asc"}],
    }
    return body | ({"search_after": after} if after else {})


def _entered(question: CohortQuestion) -> Query:
    """In the range, and by the moment that is asked for."""
    start = question.edges[0]
    end = max(start, min(question.edges[-1], question.as_of + 1))
    values: Query = {"terms": {"value": list(question.values)}}
    return {"bool": {"filter": [{"term": {"dimension": question.dimension}}, values, span_query(start, end)]}}


def _converted(question: CohortQuestion) -> Query:
    wanted: list[Query] = [
        {"term": {"kind": "converted"}},
        {"term": {"goal": question.goal}},
        {"term": {"goal_version": question.version}},
        {"range": {"converted_at": {"lte": question.as_of}}},
    ]
    if question.window_ms is not None:
        wanted.append({"range": {"age_ms": {"lte": question.window_ms}}})
    return {"bool": {"filter": wanted}}


def _spans(edges: Sequence[int]) -> Aggs:
    ranges = [{"from": start, "to": end} for start, end in pairwise(edges)]
    return {"date_range": {"field": "@timestamp", "format": "epoch_millis", "ranges": ranges}}


def _by_value(question: CohortQuestion, aggs: Aggs) -> Aggs:
    values = {"field": "value", "size": len(question.values), "include": list(question.values)}
    return {"values": {"terms": values, "aggs": {"spans": aggs}}}


def _touches(question: AttributedQuestion) -> Aggs:
    sums: Aggs = {name: {"sum": {"field": f"{TOUCHES}.{name}"}} for name in _summed(question)}
    aggs: Aggs = {} if question.listed == (None,) else {"values": {"terms": _values(question), "aggs": sums}}
    if not is_left_over(question):
        aggs["absent"] = {"filter": {"bool": {"must_not": _present(question.field)}}, "aggs": sums}
    return {"nested": {"path": TOUCHES}, "aggs": aggs}


def is_left_over(question: AttributedQuestion) -> bool:
    """Whether touches without the field are those that no value has: not where a touch may have several values."""
    return question.field.kind == "text" and question.listed is None


def _summed(question: AttributedQuestion) -> list[str]:
    return [*question.columns, *(f"{name}_e4" for name in question.columns if question.values)]


def _values(question: AttributedQuestion) -> Aggs:
    field, listed = question.field, question.listed
    terms = None if listed is None else [_term(field, one) for one in listed if one is not None]
    size = MOST_VALUES if terms is None else max(1, len(terms))
    if field.kind == "property":
        prefixes = f"({regular(text_prefix(field))}|{regular(typed_prefix(field))}).*"
        return {"field": f"{TOUCHES}.{PROPERTIES}", "size": size, "include": prefixes if terms is None else terms}
    return {"field": f"{TOUCHES}.{field.name}", "size": size, **({} if terms is None else {"include": terms})}


def _term(field: Field, value: Value) -> str:
    return "" if value is None else term_of(field, value)


def _present(field: Field) -> Sequence[Query]:
    if field.kind == "property":
        return [{"prefix": {f"{TOUCHES}.{PROPERTIES}": prefix(field)}} for prefix in (text_prefix, typed_prefix)]
    return [{"exists": {"field": f"{TOUCHES}.{field.name}"}}]
