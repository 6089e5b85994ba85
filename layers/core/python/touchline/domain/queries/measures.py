"""What is measured: its definition in words, the parts that a store counts for it, and its value made of these.

A measure has one value for each bucket, or one for each currency: amounts of different currencies are never added.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, Protocol

from touchline.domain.queries.cells import Cells, Part, Sum
from touchline.domain.queries.filters import Filter

type Number = int | float | str | None
# By currency, or by percent, or both.
type Value = Number | Mapping[str, Number] | Mapping[str, Mapping[str, Number]]
Counted = Literal["events", "actors"]

AMOUNT: Final = "value"
E4: Final = Decimal(10_000)
PEOPLE: Final = "different people"


class Measure(Protocol):
    @property
    def parts(self) -> tuple[Part, ...]: ...

    def value(self, cells: Cells) -> Value:
        """`cells` in the order of `parts`."""

    def describe(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Count:
    counted: Counted = "events"

    @property
    def parts(self) -> tuple[Part, ...]:
        return (Part(self.counted),)

    def value(self, cells: Cells) -> Value:
        return cells[0].events

    def describe(self) -> str:
        return "Number of events." if self.counted == "events" else f"Number of {PEOPLE} in the events."


@dataclass(frozen=True, slots=True)
class Total:
    """Sum or average of the amounts by currency, or of a numeric property."""

    kind: Literal["sum", "average"]
    of: str  # "value", or a property's key

    @property
    def parts(self) -> tuple[Part, ...]:
        return (summed(self.of),)

    def value(self, cells: Cells) -> Value:
        if self.of == AMOUNT:
            return {currency: self._amount(one) for currency, one in cells[0].by_currency}
        one = cells[0].sum
        return one.total if self.kind == "sum" else divide(one.total, one.number)

    def _amount(self, one: Sum) -> str:
        return amount_text(Decimal(int(one.total)) / (1 if self.kind == "sum" else one.number))

    def describe(self) -> str:
        return f"{self.kind.capitalize()} of {named(self.of)} over the events that have one."


@dataclass(frozen=True, slots=True)
class Percentiles:
    of: str
    percents: tuple[float, ...]

    @property
    def parts(self) -> tuple[Part, ...]:
        if self.of == AMOUNT:
            return (Part("amount_percentiles", percents=self.percents),)
        return (Part("number_percentiles", key=self.of, percents=self.percents),)

    def value(self, cells: Cells) -> Value:
        found = {
            currency: {f"{p:g}": self._one(x) for p, x in zip(self.percents, values, strict=True)}
            for currency, values in cells[0].percentiles
        }
        return found if self.of == AMOUNT else found.get("", dict.fromkeys((f"{p:g}" for p in self.percents), None))

    def _one(self, value: float | None) -> Number:
        if value is None:
            return None
        return amount_text(Decimal(round(value))) if self.of == AMOUNT else value

    def describe(self) -> str:
        which = ", ".join(f"{p:g}th" for p in self.percents)
        return f"{which} percentile of {named(self.of)} over the events that have one."


@dataclass(frozen=True, slots=True)
class Rate:
    """One series over another, each with filters of its own; over several buckets it is made of the sums anew."""

    counted: Counted
    numerator: tuple[Filter, ...]
    denominator: tuple[Filter, ...]

    @property
    def parts(self) -> tuple[Part, ...]:
        return (Part(self.counted, self.numerator), Part(self.counted, self.denominator))

    def value(self, cells: Cells) -> Value:
        return divide(cells[0].events, cells[1].events)

    def describe(self) -> str:
        what = "events" if self.counted == "events" else PEOPLE
        return (
            f"Number of {what} where {in_words(self.numerator)}, divided by the number of {what} "
            f"where {in_words(self.denominator)}; null where both are 0 or the latter is."
        )


@dataclass(frozen=True, slots=True)
class PerActor:
    """Events, amounts or a numeric property, divided by the number of different people."""

    of: str  # "events", "value", or a property's key

    @property
    def parts(self) -> tuple[Part, ...]:
        return (Part("events") if self.of == "events" else summed(self.of), Part("actors"))

    def value(self, cells: Cells) -> Value:
        counted, people = cells[0], cells[1].events
        if self.of == "events":
            return divide(counted.events, people)
        if self.of == AMOUNT:
            return {
                currency: amount_text(Decimal(int(one.total)) / people) if people else None
                for currency, one in counted.by_currency
            }
        return divide(counted.sum.total, people)

    def describe(self) -> str:
        what = "Number of events" if self.of == "events" else f"Sum of {named(self.of)}"
        return f"{what}, divided by the number of {PEOPLE} in the events, also those without one."


def summed(of: str) -> Part:
    return Part("amounts") if of == AMOUNT else Part("numbers", key=of)


def named(of: str) -> str:
    return "the amount (value.amount), for each currency by itself," if of == AMOUNT else f"properties.{of}"


def in_words(filters: tuple[Filter, ...]) -> str:
    return " and ".join(one.describe() for one in filters) or "nothing is asked of them"


def divide(part: float, whole: float) -> float | None:
    """0/0 is unknown, and so is anything else over 0: never infinity."""
    return part / whole if whole else None


def amount_text(ten_thousandths: Decimal) -> str:
    """Decimal text, rounded to four places, without zeros at the end."""
    text = format((ten_thousandths / E4).quantize(Decimal("0.0001")), "f").rstrip("0").rstrip(".")
    return "0" if text in {"", "-0"} else text


def currencies(cells: list[Cells]) -> list[str]:
    """All that occur, in order: a bucket without one of them has the amount 0 of it."""
    found = {c for row in cells for cell in row for c, _ in (*cell.by_currency, *cell.percentiles)}
    return sorted(found - {""})


def with_currencies(value: Value, known: list[str], *, additive: bool) -> Value:
    """`value` with an entry for each currency: 0 for what adds up, else null."""
    if not isinstance(value, dict) or not known:
        return value
    return {currency: value.get(currency, "0" if additive else None) for currency in known}
