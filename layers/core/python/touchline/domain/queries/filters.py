"""Conditions on one field. Each says itself in words; turning it into a query is the store's adapter's work alone."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final, Literal

from touchline.domain.limits import AMOUNT
from touchline.domain.properties import Scalar
from touchline.domain.queries.fields import Field, field_named
from touchline.errors import InvalidFilter

Operator = Literal["eq", "ne", "in", "not_in", "exists", "missing", "prefix", "contains", "gt", "gte", "lt", "lte"]
WORDS: Final[dict[str, str]] = {
    "eq": "is",
    "ne": "is not",
    "in": "is one of",
    "not_in": "is none of",
    "exists": "is present",
    "missing": "is absent",
    "prefix": "begins with",
    "contains": "contains",
    "gt": "is greater than",
    "gte": "is at least",
    "lt": "is less than",
    "lte": "is at most",
}
PRESENCE: Final = frozenset({"exists", "missing"})
SETS: Final = frozenset({"in", "not_in"})
TEXTUAL: Final = frozenset({"prefix", "contains"})
ORDER: Final = frozenset({"gt", "gte", "lt", "lte"})
# Each is a term or an automaton in the search store's memory.
MOST_VALUES: Final = 1_000
MOST_FILTERS: Final = 50
LONGEST_VALUE: Final = 1_024


@dataclass(frozen=True, slots=True)
class Filter:
    """`values` has none for exists and missing, any number for in and not_in, else one.

    `ne`, `not_in` also match events without the field. A field with several values matches if one of them does.
    """

    field: Field
    operator: Operator
    values: tuple[Scalar, ...] = ()

    def describe(self) -> str:
        shown = ", ".join(_shown(value) for value in self.values[:10])
        more = f" and {len(self.values) - 10} more" if len(self.values) > 10 else ""
        return f"{self.field.name} {WORDS[self.operator]} {shown}{more}".rstrip()


def make_filter(name: str, operator: Operator, value: object, where: str) -> Filter:
    """Raises UnknownField, InvalidFilter. `where` is the place in the request."""
    field = field_named(name, f"{where}.field")
    values = _values(operator, value, f"{where}.value")
    _check_kind(field, operator, values, f"{where}.value")
    if field.kind == "amount":
        values = tuple(_amount(value, f"{where}.value") for value in values)
    return Filter(field, operator, values)


def _values(operator: Operator, value: object, where: str) -> tuple[Scalar, ...]:
    if operator in PRESENCE:
        if value is not None:
            raise InvalidFilter(f"{operator!r} takes no value.", field=where)
        return ()
    several = operator in SETS
    if several != isinstance(value, list):
        raise InvalidFilter(f"{operator!r} takes {'a list of values' if several else 'one value'}.", field=where)
    values = tuple(value) if isinstance(value, list) else (value,)
    if not 1 <= len(values) <= MOST_VALUES or not all(_is_scalar(v) for v in values):
        raise InvalidFilter(
            f"A value is text of at most {LONGEST_VALUE:,} characters, a number, true or false; "
            f"a list has 1 to {MOST_VALUES:,} of them.",
            field=where,
        )
    return values


def _is_scalar(value: object) -> bool:
    return isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= LONGEST_VALUE)


def _check_kind(field: Field, operator: Operator, values: tuple[Scalar, ...], where: str) -> None:
    if operator in TEXTUAL and (field.kind == "amount" or not all(isinstance(v, str) and v for v in values)):
        raise InvalidFilter(f"{operator!r} compares text with text that is not empty.", field=where)
    if operator in ORDER and field.kind == "text":
        raise InvalidFilter(f"{operator!r} compares numbers; {field.name} holds text.", field=where)
    if operator in ORDER and field.kind == "property" and any(isinstance(v, bool | str) for v in values):
        raise InvalidFilter(f"{operator!r} needs a number.", field=where)
    if field.kind == "text" and not all(isinstance(v, str) for v in values):
        raise InvalidFilter(f"{field.name} holds text; put the value in quotes.", field=where)


def _amount(value: Scalar, where: str) -> str:
    try:
        amount = Decimal(str(value))
    except InvalidOperation as error:
        raise InvalidFilter(f"{_shown(value)} is not a number.", field=where) from error
    if not amount.is_finite():
        raise InvalidFilter(f"{_shown(value)} is not a finite number.", field=where)
    # Beyond it lie numbers that neither decimal arithmetic nor the search store can hold.
    if abs(amount) > AMOUNT:
        raise InvalidFilter(f"{_shown(value)} is beyond any amount: these are at most {AMOUNT:,} in size.", field=where)
    return str(amount)


def _shown(value: Scalar) -> str:
    return f"'{value[:64]}'" if isinstance(value, str) else str(value).lower()
