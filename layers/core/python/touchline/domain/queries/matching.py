"""Which events meet a filter: the one definition, for documents and for values that stand for many events."""

from collections.abc import Callable, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Final

from touchline.domain.properties import Scalar, read_entry
from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter

type Document = dict[str, Any]

E4: Final = 10_000


def meets(document: Document, one: Filter) -> bool:
    return meets_values(values_of(document, one.field), one)


def meets_values(values: Sequence[Any], one: Filter) -> bool:
    """`values`: all that an event has of the filter's field; amounts as decimals."""
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
        return [Decimal(document["value"]["amount_e4"]) / E4] if "value" in document else []
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


def amount_bounds(one: Filter) -> tuple[int | None, int | None]:
    """The ten-thousandths, both included, that `gt`, `gte`, `lt` or `lte` leaves; None without a bound."""
    than = Decimal(str(one.values[0])) * E4
    match one.operator:
        case "gt":
            return int(than.to_integral_value(ROUND_FLOOR)) + 1, None
        case "gte":
            return int(than.to_integral_value(ROUND_CEILING)), None
        case "lt":
            return None, int(than.to_integral_value(ROUND_CEILING)) - 1
        case _:
            return None, int(than.to_integral_value(ROUND_FLOOR))


def amounts_e4(one: Filter) -> list[int]:
    """The ten-thousandths that an amount is compared with; a value between two of them equals none."""
    wanted = [Decimal(str(value)) * E4 for value in one.values]
    return [int(value) for value in wanted if value == value.to_integral_value()]


def _has(values: Sequence[Any], one: Filter) -> bool:
    if one.field.kind == "amount":
        return any(value == Decimal(str(wanted)) for value in values for wanted in one.values)
    return any(same(value, wanted) for value in values for wanted in one.values)


def _reads(value: str, one: Filter) -> bool:
    text = str(one.values[0])
    return value.startswith(text) if one.operator == "prefix" else text in value


def _compares(value: Any, one: Filter) -> bool:
    than = Decimal(str(one.values[0]))
    compare: Callable[[Any], bool] = {
        "gt": than.__lt__,
        "gte": than.__le__,
        "lt": than.__gt__,
        "lte": than.__ge__,
    }[one.operator]
    return compare(value)
