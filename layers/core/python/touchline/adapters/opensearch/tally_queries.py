"""A tally as one search."""

from itertools import pairwise
from typing import Any, Final, Literal

from touchline.adapters.opensearch.filter_queries import (
    AMOUNT,
    PROPERTIES,
    Query,
    all_of,
    number_script,
    presence_query,
    regular,
    typed_prefix,
    values_query,
)
from touchline.domain.properties import Scalar, property_entry
from touchline.domain.queries.cells import Part
from touchline.domain.queries.fields import Field
from touchline.domain.queries.tally import ROWS_BESIDE, Tally

type Aggs = dict[str, Any]
type Numbers = Literal["listed", "read"]

# The store counts people one by one up to a threshold and then in 2^p registers of a byte, in each cell and shard.
# Five shards of a node may be at work at once, and other questions, too: a node of 1 GB refused at four times this.
PEOPLE_BYTES: Final = 16 * 1024 * 1024
HIGHEST_PRECISION: Final = 18  # the store's own highest: a threshold of 40,000
HIGHEST_THRESHOLD: Final = 40_000
# Numbers of a property are terms. Where they are few, how often each comes says everything, exactly and some ten times
# faster than a script that reads each event's; where a list would be cut, the script has to do it. The store refuses
# more than 65,535 buckets in an answer.
NUMBERS_LISTED: Final = 60_000
MOST_NUMBERS: Final = 10_000
# ISO 4217 has some 180; a cell with more would be cut, and its sums with it, so it is refused.
MOST_CURRENCIES: Final = 1_000
# t-digest: twice the default, for a rank error of about half.
COMPRESSION: Final = 200
# Up to here explicit ranges are as fast as a histogram; 720 of them took 2.4 times as long (1 M events).
FEW_BUCKETS: Final = 100


def tally_body(tally: Tally, numbers: Numbers = "listed") -> dict[str, Any]:
    """`numbers`: see NUMBERS_LISTED."""
    scope = _scope(tally, numbers)
    aggs = dict(scope)
    if tally.field is not None:
        if tally.listed:
            aggs["listed"] = _listed(tally.field, tally.listed, scope)
        present = presence_query(tally.field)
        aggs["absent"] = _where({"bool": {"must_not": [present]}}, scope)
        if not is_left_over(tally):
            unlisted = {"bool": {"filter": [present], "must_not": [values_query(tally.field, tally.listed)]}}
            aggs["other"] = _where(unlisted, scope)
    return {"size": 0, "track_total_hits": True, "query": _asked(tally), "aggs": aggs}


def _asked(tally: Tally) -> Query:
    return {"bool": {"filter": [span_query(tally.edges[0], tally.edges[-1]), all_of(tally.filters)]}}


def span_query(start: int, end: int) -> Query:
    return {"range": {"@timestamp": {"gte": start, "lt": end, "format": "epoch_millis"}}}


def people_threshold(tally: Tally) -> int:
    """The highest that keeps all cells of people within PEOPLE_BYTES."""
    cells = _cells(tally) * max(1, sum(part.kind == "actors" for part in tally.parts))
    precision = min(HIGHEST_PRECISION, (PEOPLE_BYTES // cells).bit_length() - 1)
    # Of the 2^p bytes a quarter holds four-byte hashes, at a load of three quarters.
    return HIGHEST_THRESHOLD if precision == HIGHEST_PRECISION else (1 << precision) // 4 * 3 // 4


def _cells(tally: Tally) -> int:
    return len(tally.edges) * (len(tally.listed) + ROWS_BESIDE if tally.field else 1)


def is_left_over(tally: Tally) -> bool:
    """Whether other is the whole without the rest: not for people, nor where an event may have several values."""
    return tally.field is not None and tally.field.kind == "text" and all(part.adds_up for part in tally.parts)


def _scope(tally: Tally, numbers: Numbers) -> Aggs:
    threshold = people_threshold(tally)
    most = max(1, min(MOST_NUMBERS, NUMBERS_LISTED // _cells(tally))) if numbers == "listed" else 0
    parts: Aggs = {}
    for number, part in enumerate(tally.parts):
        parts |= _part(f"p{number}", part, threshold, most)
    buckets = _buckets(tally.edges)
    return {**parts, "buckets": {**buckets, "aggs": parts} if parts else buckets}


def _part(name: str, part: Part, threshold: int, most: int) -> Aggs:
    metrics = {"m": _listed_numbers(part.key, most)} if part.key and most else _metrics(part, threshold)
    if part.filters or (part.key and not most):
        prefix = [presence_query(_property(part.key))] if part.key else []
        return {name: _where({"bool": {"filter": [all_of(part.filters), *prefix]}}, metrics)}
    return {name: metrics["m"]} if metrics else {}


def _metrics(part: Part, threshold: int) -> Aggs:
    match part.kind:
        case "events":
            return {}
        case "actors":
            return {"m": {"cardinality": {"field": "actor.id", "precision_threshold": threshold}}}
        case "amounts":
            return {"m": _by_currency({"sum": {"field": AMOUNT}})}
        case "numbers":
            return {"m": {"stats": {"script": number_script(part.key)}}}
        case "amount_percentiles":
            return {"m": _by_currency(_percentiles(part, {"field": AMOUNT}))}
        case "number_percentiles":
            return {"m": _percentiles(part, {"script": number_script(part.key)})}


def _listed_numbers(key: str, most: int) -> Aggs:
    include = f"{regular(typed_prefix(_property(key)))}[0-9-].*"
    return {"terms": {"field": PROPERTIES, "include": include, "size": most, "shard_size": most}}


def _property(key: str) -> Field:
    return Field(f"properties.{key}", "property")


def _by_currency(metric: Aggs) -> Aggs:
    return {"terms": {"field": "value.currency", "size": MOST_CURRENCIES}, "aggs": {"v": metric}}


def _percentiles(part: Part, of: Aggs) -> Aggs:
    return {"percentiles": {**of, "percents": part.percents, "keyed": False, "tdigest": {"compression": COMPRESSION}}}


def _buckets(edges: tuple[int, ...]) -> Aggs:
    """Our own boundaries, however the store is asked: equal steps as a histogram with an offset, others one by one."""
    step = equal_step(edges)
    if step is not None:
        histogram = {"field": "@timestamp", "fixed_interval": f"{step}ms", "offset": f"{edges[1] % step}ms"}
        return {"date_histogram": {**histogram, "min_doc_count": 1}}
    ranges = [{"from": start, "to": end} for start, end in pairwise(edges)]
    return {"date_range": {"field": "@timestamp", "format": "epoch_millis", "ranges": ranges}}


def equal_step(edges: tuple[int, ...]) -> int | None:
    """The length of all buckets where they are many; the first and the last may be cut short by the range."""
    if len(edges) <= FEW_BUCKETS:
        return None
    inner = {end - start for start, end in pairwise(edges[1:-1])}
    if len(inner) != 1:
        return None
    step = inner.pop()
    return step if max(edges[1] - edges[0], edges[-1] - edges[-2]) <= step else None


def _where(query: Query, aggs: Aggs) -> Aggs:
    return {"filter": query, "aggs": aggs} if aggs else {"filter": query}


def _listed(field: Field, listed: tuple[Scalar, ...], scope: Aggs) -> Aggs:
    name = PROPERTIES if field.kind == "property" else field.name
    terms = [term_of(field, value) for value in listed]
    return {"terms": {"field": name, "include": terms, "size": len(terms)}, "aggs": scope}


def term_of(field: Field, value: Scalar) -> str:
    return property_entry(field.key, value) if field.kind == "property" else str(value)
