"""Which property keys occur, found among the values of all of them without listing those.

A key with a million values would hide the others in one list of terms. So the commonest terms are asked for, their keys
left out of the next question, and so on: each round finds at least one more key.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from touchline.adapters.opensearch.filter_queries import PROPERTIES, regular
from touchline.adapters.opensearch.templates import LONGEST_PATTERN
from touchline.domain.properties import Scalar, property_entry, read_entry
from touchline.domain.queries.catalogue import PropertyType, PropertyUse, type_of

type Aggregate = Callable[[dict[str, Any]], Mapping[str, Any]]
type Key = tuple[str, PropertyType]

ROUNDS: Final = 6
TERMS_PER_ROUND: Final = 1_000
# Each key is an alternative of a regular expression, which Lucene turns into an automaton of limited size.
MOST_KEYS: Final = 200


def find_property_uses(aggregate: Aggregate, examples: int) -> tuple[list[PropertyUse], bool]:
    """By falling number of events; and whether these are all keys."""
    found: dict[Key, list[tuple[Scalar, int]]] = {}
    complete = False
    for _ in range(ROUNDS):
        known = _pattern_of_all(found)
        if len(known) > LONGEST_PATTERN:
            break
        terms = _terms(aggregate, known)
        for entry, events in terms:
            key, value = read_entry(entry)
            found.setdefault((key, type_of(value)), []).append((value, events))
        complete = len(terms) < TERMS_PER_ROUND
        if complete or len(found) >= MOST_KEYS:
            break
    counted = _events(aggregate, found)
    uses = [PropertyUse(*key, counted[key], tuple(values[:examples])) for key, values in found.items()]
    return sorted(uses, key=lambda use: (-use.events, use.key, use.type)), complete


def _terms(aggregate: Aggregate, left_out: str) -> list[tuple[str, int]]:
    terms: dict[str, Any] = {"field": PROPERTIES, "size": TERMS_PER_ROUND}
    if left_out:
        terms["exclude"] = left_out
    found = aggregate({"terms": {"terms": terms}}).get("terms", {})
    return [(bucket["key"], bucket["doc_count"]) for bucket in found.get("buckets", ())]


def _events(aggregate: Aggregate, known: Iterable[Key]) -> dict[Key, int]:
    keys = list(known)
    if not keys:
        return {}
    filters = {str(number): _query(key) for number, key in enumerate(keys)}
    found = aggregate({"keys": {"filters": {"filters": filters}}})["keys"]["buckets"]
    return {key: found[str(number)]["doc_count"] for number, key in enumerate(keys)}


def _pattern_of_all(keys: Iterable[Key]) -> str:
    return "|".join(sorted({_pattern(key) for key in keys}))


def _pattern(key: Key) -> str:
    text = regular(property_entry(key[0], ""))
    if key[1] == "text":
        return f"{text}.*"
    typed = f"{text[:-1]}:="
    return f"{typed}(true|false)" if key[1] == "boolean" else f"{typed}[0-9-].*"


def _query(key: Key) -> dict[str, Any]:
    if key[1] == "boolean":
        return {"terms": {PROPERTIES: [property_entry(key[0], True), property_entry(key[0], False)]}}
    prefix = property_entry(key[0], "")
    if key[1] == "text":
        return {"prefix": {PROPERTIES: prefix}}
    numbers = [{"prefix": {PROPERTIES: f"{prefix[:-1]}:={first}"}} for first in "-0123456789"]
    return {"bool": {"should": numbers, "minimum_should_match": 1}}
