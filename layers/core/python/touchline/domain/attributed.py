"""Attributed reports: what touches add up to by value, and each model's credit made of it. Exact to the end."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from functools import cached_property
from math import lcm
from operator import mul
from typing import Final

from touchline.domain.attribution import MICRO
from touchline.domain.properties import Scalar
from touchline.errors import UnknownModel

type Exact = int | Fraction
type Value = Scalar | None  # None: the touch does not have the field

# A conversion's credit by each rule. All models by position are sums of first, middle and last.
COLUMNS: Final = ("first", "last", "won", "linear", "decay", "middle")
DATA_DRIVEN: Final = "data_driven"
CUSTOM: Final = "custom"


@dataclass(frozen=True, slots=True)
class Touched:
    """What the touches of one value add up to, over the conversions of one bucket and currency.

    `counts` in millionths of a conversion and `values` in ten-thousandths of the currency, both by COLUMNS. A touch
    with several values gives each of them an equal part, so that the values of a field add up to the whole.
    """

    bucket: int
    currency: str | None  # None: conversions without a value
    value: Value
    touches: Exact
    counts: tuple[Exact, ...]
    values: tuple[Exact, ...]


@dataclass(frozen=True, slots=True)
class Whole:
    """The conversions of one bucket and currency, those without a touch included."""

    bucket: int
    currency: str | None
    conversions: int
    amount_e4: int
    unattributed: int
    unattributed_e4: int


@dataclass(frozen=True, slots=True)
class Attributed:
    touched: Sequence[Touched]
    wholes: Sequence[Whole]


@dataclass(frozen=True)
class Model:
    """The weight of each of COLUMNS; they hand out one conversion: first, last, won, linear, decay and middle are one
    each."""

    name: str
    words: str
    weights: tuple[Fraction, ...]

    @cached_property
    def parts(self) -> tuple[int, tuple[int, ...]]:
        """The weights as whole numbers, and what they are parts of: whole numbers add up many times faster."""
        of = lcm(*(weight.denominator for weight in self.weights))
        return of, tuple(int(weight * of) for weight in self.weights)

    def columns(self) -> list[str]:
        """Those that it adds up."""
        return [name for name, weight in zip(COLUMNS, self.weights, strict=True) if weight]


@dataclass(frozen=True, slots=True)
class Credited:
    """What a model gives to a value: millionths of conversions, and ten-thousandths by currency."""

    conversions: Exact
    values: Mapping[str, Exact]


def _positions(name: str, first: int, middle: int, last: int, words: str) -> Model:
    return Model(name, words, custom_weights(Fraction(first), Fraction(middle), Fraction(last)))


def custom_weights(first: Fraction, middle: Fraction, last: Fraction) -> tuple[Fraction, ...]:
    """Normalised; their sum must be above 0."""
    whole = first + middle + last
    return (first / whole, last / whole, *(Fraction(0),) * 3, middle / whole)


def _single(column: str) -> tuple[Fraction, ...]:
    return tuple(Fraction(name == column) for name in COLUMNS)


MODELS: Final = {
    model.name: model
    for model in (
        Model("first", "all credit to the first touch", _single("first")),
        Model("last", "all credit to the last touch", _single("last")),
        Model("last_non_direct", "all credit to the last touch that is not direct, else to the last", _single("won")),
        Model("linear", "equal credit to each touch", _single("linear")),
        _positions("position", 40, 20, 40, "40 % to the first, 40 % to the last, 20 % shared by those between"),
        _positions("j", 20, 20, 60, "20 % to the first, 60 % to the last, 20 % shared by those between"),
        _positions("inverse_j", 60, 20, 20, "60 % to the first, 20 % to the last, 20 % shared by those between"),
        Model("time_decay", "half the credit for each half-life of age", _single("decay")),
    )
}
KNOWN_MODELS: Final = (*MODELS, CUSTOM, DATA_DRIVEN)


def check_model(name: str, where: str) -> str:
    """Raises UnknownModel."""
    if name in KNOWN_MODELS:
        return name
    close = get_close_matches(name, KNOWN_MODELS, 1, 0.5)
    hint = f" Did you mean {close[0]}?" if close else ""
    raise UnknownModel(f"No model is named {name[:64]!r}.{hint} Models: {', '.join(KNOWN_MODELS)}.", field=where)


def value_key(value: Value) -> tuple[str, str]:
    """Tells true from 1 and '1', and orders values of all kinds."""
    return ("", "") if value is None else (type(value).__name__.replace("float", "int"), str(value))


def adds_up(found: Attributed) -> bool:
    """Whether the values share out all credit: not so where a touch has several values that were each counted whole."""
    handed: defaultdict[tuple[int, str | None], Exact] = defaultdict(int)
    for one in found.touched:
        handed[one.bucket, one.currency] += one.counts[COLUMNS.index("linear")]
    wholes = {(one.bucket, one.currency): (one.conversions - one.unattributed) * MICRO for one in found.wholes}
    return all(handed[key] == whole for key, whole in wholes.items())


def gathered(touched: Iterable[Touched]) -> dict[tuple[str, str], list[Touched]]:
    """By value."""
    by_value: defaultdict[tuple[str, str], list[Touched]] = defaultdict(list)
    for one in touched:
        by_value[value_key(one.value)].append(one)
    return dict(by_value)


def credit(model: Model, touched: Iterable[Touched]) -> Credited:
    of, parts = model.parts
    conversions: Exact = 0
    values: defaultdict[str, Exact] = defaultdict(int)
    for one in touched:
        conversions += sum(map(mul, parts, one.counts))
        if one.currency is not None:
            values[one.currency] += sum(map(mul, parts, one.values))
    return Credited(_over(conversions, of), {currency: _over(amount, of) for currency, amount in values.items()})


def attributed_whole(wholes: Iterable[Whole]) -> Credited:
    """All that models share out: the conversions with a touch."""
    return _whole((one, one.conversions - one.unattributed, one.amount_e4 - one.unattributed_e4) for one in wholes)


def unattributed_whole(wholes: Iterable[Whole]) -> Credited:
    return _whole((one, one.unattributed, one.unattributed_e4) for one in wholes)


def entire(wholes: Iterable[Whole]) -> Credited:
    return _whole((one, one.conversions, one.amount_e4) for one in wholes)


def part_of(share: Fraction, whole: Credited) -> Credited:
    return Credited(share * whole.conversions, {currency: share * amount for currency, amount in whole.values.items()})


def together(parts: Iterable[Credited]) -> Credited:
    conversions: Exact = 0
    values: defaultdict[str, Exact] = defaultdict(int)
    for part in parts:
        conversions += part.conversions
        for currency, amount in part.values.items():
            values[currency] += amount
    return Credited(conversions, dict(values))


def whole_parts(parts: Sequence[Exact]) -> list[int]:
    """The parts of a whole number as whole numbers that still add up to it: largest remainder, ties in order."""
    floors = [int(part // 1) for part in parts]
    if floors == list(parts):
        return floors
    left = int(sum(parts, Fraction(0))) - sum(floors)
    for n in sorted(range(len(parts)), key=lambda n: floors[n] - parts[n])[:left]:
        floors[n] += 1
    return floors


def _over(whole: Exact, of: int) -> Exact:
    return whole if of == 1 else Fraction(whole) / of


def _whole(found: Iterable[tuple[Whole, int, int]]) -> Credited:
    conversions = 0
    values: defaultdict[str, Exact] = defaultdict(int)
    for one, number, amount in found:
        conversions += number * MICRO
        if one.currency is not None:
            values[one.currency] += amount
    return Credited(conversions, dict(values))
