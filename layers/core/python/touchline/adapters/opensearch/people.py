"""All documents of some people: as many searches as it takes, so that nothing is cut."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import batched
from typing import Any, Final

from opensearchpy import OpenSearch

from touchline.adapters.opensearch.client import as_our_errors
from touchline.domain.queries.ranges import TimeRange
from touchline.errors import StoreUnavailable

MOST_HITS: Final = 5_000  # of at most 32 KB: an answer must fit the function, and one search gives 10,000 at most
ACTORS_A_SEARCH: Final = 5_000  # a person may have hundreds, and a search takes 65,536 terms at most
# A part of the shards must not pass for the whole.
PARAMS: Final = {"allow_partial_search_results": "false", "ignore_unavailable": "true", "allow_no_indices": "true"}

MOMENT: Final = "@timestamp"

type Body = dict[str, Any]
type Ask = Callable[[Sequence[str], TimeRange], tuple[str, Body]]  # the indices, and the search without its size


def all_hits(client: OpenSearch, people: Sequence[str], span: TimeRange, ask: Ask) -> Iterator[dict[str, Any]]:
    for some in batched(people, ACTORS_A_SEARCH, strict=False):
        yield from _hits(client, some, span, ask)


def from_columns(fields: Iterable[str]) -> Body:
    """What asks for these fields from their columns, times in epoch ms as text; what is kept whole stays packed."""
    asked = [{"field": name, "format": "epoch_millis"} if name == MOMENT else name for name in fields]
    return {"_source": False, "stored_fields": "_none_", "docvalue_fields": asked}


def search(client: OpenSearch, indices: str, body: Body) -> dict[str, Any]:
    """The answer's hits. Raises StoreUnavailable also where the answer is not whole."""
    with as_our_errors():
        answer = client.search(index=indices, body=body, params=dict(PARAMS))
    if answer.get("timed_out"):
        raise StoreUnavailable("The search store ran out of time.")
    hits: dict[str, Any] = answer["hits"]
    return hits


def _hits(client: OpenSearch, people: Sequence[str], span: TimeRange, ask: Ask) -> Iterator[dict[str, Any]]:
    """Halves the people, and then the time, until each answer holds all that it found."""
    if span.start >= span.end:
        return
    indices, body = ask(people, span)
    found = search(client, indices, {**body, "size": MOST_HITS, "track_total_hits": False, "sort": ["_doc"]})
    hits: list[dict[str, Any]] = found.pop("hits")
    if len(hits) < MOST_HITS:
        yield from hits
        return
    del hits
    for some, part in _halves(people, span):
        yield from _hits(client, some, part, ask)


def _halves(people: Sequence[str], span: TimeRange) -> list[tuple[Sequence[str], TimeRange]]:
    if len(people) > 1:
        middle = len(people) // 2
        return [(people[:middle], span), (people[middle:], span)]
    if span.end - span.start == 1:
        raise StoreUnavailable(f"One person has {MOST_HITS:,} events in one millisecond.")
    half = (span.start + span.end) // 2
    return [(people, TimeRange(span.start, half)), (people, TimeRange(half, span.end))]
