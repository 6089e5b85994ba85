"""A filter as the search store's query. Customers' text only ever travels as a value, never as a part of a query."""

import re
from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Final

from touchline.domain.properties import Scalar, property_entry
from touchline.domain.queries.fields import AMOUNT_FIELD, Field
from touchline.domain.queries.filters import Filter

type Query = dict[str, Any]

PROPERTIES: Final = "properties"
AMOUNT: Final = "value.amount_e4"
ALL: Final[Query] = {"match_all": {}}
NONE: Final[Query] = {"match_none": {}}
WILD: Final = re.compile(r"[*?\\]")
# Everything that is an operator in Lucene's regular expressions, whichever of them are switched on.
REGULAR: Final = re.compile(r'[.?+*|{}\[\]()"\\#@&<>~^$-]')
# Numbers of one key; `true` and `false` share its prefix.
NUMBERS_OF_KEY: Final = """
def found = [];
for (entry in doc['properties']) {
  if (entry.startsWith(params.prefix)) {
    def text = entry.substring(params.prefix.length());
    if (!text.equals('true') && !text.equals('false')) { found.add(Double.parseDouble(text)); }
  }
}
"""
COMPARED: Final = (
    NUMBERS_OF_KEY
    + """
for (number in found) {
  if (params.is == 'gt' ? number > params.than : params.is == 'gte' ? number >= params.than
      : params.is == 'lt' ? number < params.than : number <= params.than) { return true; }
}
return false;
"""
)
NUMBERS: Final = NUMBERS_OF_KEY + "return found;"


def all_of(filters: Iterable[Filter]) -> Query:
    queries = [filter_query(one) for one in filters]
    return {"bool": {"filter": queries}} if queries else ALL


def filter_query(one: Filter) -> Query:
    match one.operator:
        case "ne" | "not_in":
            return _not(values_query(one.field, one.values))
        case "eq" | "in":
            return values_query(one.field, one.values)
        case "exists":
            return presence_query(one.field)
        case "missing":
            return _not(presence_query(one.field))
        case "prefix" | "contains":
            return _text_query(one)
        case _:
            return _order_query(one)


def values_query(field: Field, values: Iterable[Scalar]) -> Query:
    """The field has one of the values."""
    match field.kind:
        case "property":
            return {"terms": {PROPERTIES: [property_entry(field.key, value) for value in values]}}
        case "amount":
            amounts = [Decimal(str(value)) * 10_000 for value in values]
            return {"terms": {AMOUNT: [int(amount) for amount in amounts if amount == amount.to_integral_value()]}}
        case _:
            return {"terms": {field.name: list(values)}}


def presence_query(field: Field) -> Query:
    if field.kind == "property":
        text, typed = text_prefix(field), typed_prefix(field)
        return {"bool": {"should": [{"prefix": {PROPERTIES: text}}, {"prefix": {PROPERTIES: typed}}]}}
    return {"exists": {"field": AMOUNT if field.name == AMOUNT_FIELD else field.name}}


def text_prefix(field: Field) -> str:
    """What each text value of a property begins with in the index."""
    return property_entry(field.key, "")


def typed_prefix(field: Field) -> str:
    """What each number, true and false of a property begins with."""
    return f"{text_prefix(field)[:-1]}:="


def regular(text: str) -> str:
    """A regular expression that matches just this text."""
    return REGULAR.sub(r"\\\g<0>", text)


def number_script(key: str) -> dict[str, Any]:
    return {"source": NUMBERS, "params": {"prefix": typed_prefix(Field(f"properties.{key}", "property"))}}


def _not(query: Query) -> Query:
    return {"bool": {"must_not": [query]}}


def _text_query(one: Filter) -> Query:
    text = str(one.values[0])
    name, before = (PROPERTIES, text_prefix(one.field)) if one.field.kind == "property" else (one.field.name, "")
    if one.operator == "prefix":
        return {"prefix": {name: before + text}}
    return {"wildcard": {name: f"{_literal(before)}*{_literal(text)}*"}}


def _literal(text: str) -> str:
    return WILD.sub(r"\\\g<0>", text)


def _order_query(one: Filter) -> Query:
    if one.field.kind == "property":
        params = {"prefix": typed_prefix(one.field), "is": one.operator, "than": float(one.values[0])}
        compared = {"script": {"script": {"source": COMPARED, "params": params}}}
        # The prefix first: the script then runs only where the key is there.
        return {"bool": {"filter": [{"prefix": {PROPERTIES: params["prefix"]}}, compared]}}
    # The bound moves to the next ten-thousandth inwards or outwards, so that whole numbers compare alike.
    rounding = ROUND_CEILING if one.operator in {"gte", "lt"} else ROUND_FLOOR
    amount = (Decimal(str(one.values[0])) * 10_000).to_integral_value(rounding)
    bound = int(max(Decimal(-(2**63)), min(Decimal(2**63 - 1), amount)))
    return {"range": {AMOUNT: {one.operator: bound}}}
