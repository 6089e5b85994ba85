"""Filters on documents in memory."""

from decimal import Decimal
from typing import Any

from touchline.domain.properties import Scalar, read_entry
from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter

type Document = dict[str, Any]


def meets(document: Document, one: Filter) -> bool:
    values = values_of(document, one.field)
    match one.operator:
        case "eq" | "in":
            return _has(values, one)
        case "ne" | "not_in":
            return not _has(values, one)
        case "exists":
            return bool(values)
        case "missing":
            return not values
        case "prefix" | "contains":
            return any(_reads(value, one) for value in values if isinstance(value, str))
        case _:
            return any(_compares(value, one) for value in values if not isinstance(value, bool | str))


def values_of(document: Document, field: Field) -> list[Any]:
    """None or one, but for properties, which may have several."""
    if field.kind == "property":
        entries = sorted(set(document.get("properties", ())))  # as the search store keeps them
        return [value for key, value in map(read_entry, entries) if key == field.key]
    if field.kind == "amount":
        return [Decimal(document["value"]["amount_e4"]) / 10_000] if "value" in document else []
    part, _, name = field.name.partition(".")
    value = document.get(part, {}).get(name) if name else document.get(part)
    return [] if value is None else [value]


def same(value: Scalar, other: Scalar) -> bool:
    """true is not 1."""
    return (
        type(value) is bool and value is other
        if isinstance(other, bool)
        else value == other and type(value) is not bool
    )


def _has(values: list[Any], one: Filter) -> bool:
    if one.field.kind == "amount":
        return any(value == Decimal(str(wanted)) for value in values for wanted in one.values)
    return any(same(value, wanted) for value in values for wanted in one.values)


def _reads(value: str, one: Filter) -> bool:
    text = str(one.values[0])
    return value.startswith(text) if one.operator == "prefix" else text in value


def _compares(value: Any, one: Filter) -> bool:
    than = Decimal(str(one.values[0]))
    match one.operator:
        case "gt":
            return bool(value > than)
        case "gte":
            return bool(value >= than)
        case "lt":
            return bool(value < than)
        case _:
            return bool(value <= than)
