"""The rows of an attributed report: the values with most credit, all others, those without the field. They add up."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, Literal

from touchline.domain.attributed import (
    MODELS,
    Attributed,
    Credited,
    Exact,
    Model,
    Touched,
    Value,
    attributed_whole,
    credit,
    gathered,
    part_of,
    together,
    value_key,
    whole_parts,
)

RowKind = Literal["value", "other", "absent"]
type Key = tuple[str, str]

ABSENT: Final = value_key(None)
LINEAR: Final = MODELS["linear"]


@dataclass(frozen=True, slots=True)
class Shares:
    """The data-driven model's part for each value, by `value_key`; they add up to 1."""

    by_value: Mapping[Key, Fraction]
    values: Mapping[Key, Value]


@dataclass(frozen=True, slots=True)
class AttributionRow:
    """Whole numbers: millionths of conversions, and ten-thousandths by currency; by the model's name."""

    kind: RowKind
    value: Value
    touches: Exact
    credit: Mapping[str, Credited] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ranked:
    """Which values are listed, by falling linear credit, and whether there are others."""

    listed: tuple[Value, ...]
    has_absent: bool

    def keys(self) -> list[Key]:
        return [value_key(one) for one in self.listed]


def rank(found: Attributed, top: int, more: Iterable[Value] = ()) -> Ranked:
    """Of equal values the first in the order of text. `more`: values that may have earned nothing."""
    by_value = gathered(found.touched)
    values = {value_key(one): one for one in more} | {key: some[0].value for key, some in by_value.items()}
    earned = {key: credit(LINEAR, by_value.get(key, ())).conversions for key in values if key != ABSENT}
    best = sorted(earned, key=lambda key: (-earned[key], key[1], key[0]))[:top]
    return Ranked(tuple(values[key] for key in best), ABSENT in values)


def attribution_rows(
    found: Attributed,
    ranked: Ranked,
    models: Sequence[Model],
    shares: Mapping[str, Shares],
    *,
    others_told: bool = True,
) -> list[AttributionRow]:
    """`shares`: by the name of a model that is no sum. Listed values in order, then other, then absent.

    Where the values that are not listed were not told, other is what is left of the whole.

    Each model's numbers are rounded so that the rows add up to all attributed conversions and their value.
    """
    by_value = gathered(found.touched)
    keys = [*ranked.keys(), ABSENT]
    others = [one for key, some in by_value.items() if key not in keys for one in some]
    groups: list[list[Touched]] = [by_value.get(key, []) for key in keys[:-1]]
    groups += [others, by_value.get(ABSENT, [])]
    whole = attributed_whole(found.wholes)
    told = {model.name: [credit(model, some) for some in groups] for model in models}
    if not others_told:
        told = {name: [*some[:-2], _left(whole, some), some[-1]] for name, some in told.items()}
    credits = {name: _rounded(some, whole) for name, some in told.items()}
    credits |= {name: _rounded(_shared(one, keys, whole), whole) for name, one in shares.items()}
    listed: list[RowKind] = ["value"] * len(ranked.listed)
    kinds: list[RowKind] = [*listed, "other", "absent"]
    return [
        AttributionRow(
            kinds[n],
            ranked.listed[n] if n < len(ranked.listed) else None,
            sum(one.touches for one in groups[n]),
            {name: some[n] for name, some in credits.items()},
        )
        for n in range(len(groups))
    ]


def _left(whole: Credited, told: Sequence[Credited]) -> Credited:
    known = together(told)
    values = {name: amount - known.values.get(name, 0) for name, amount in whole.values.items()}
    return Credited(whole.conversions - known.conversions, values)


def _shared(shares: Shares, keys: Sequence[Key], whole: Credited) -> list[Credited]:
    """As the keys, the last of which is absent; before it what is left for all others."""
    own = [part_of(shares.by_value.get(key, Fraction(0)), whole) for key in keys]
    rest = sum((share for key, share in shares.by_value.items() if key not in keys), Fraction(0))
    return [*own[:-1], part_of(rest, whole), own[-1]]


def _rounded(parts: Sequence[Credited], whole: Credited) -> list[Credited]:
    conversions = whole_parts([one.conversions for one in parts])
    currencies = sorted(whole.values)
    values = {name: whole_parts([one.values.get(name, 0) for one in parts]) for name in currencies}
    return [Credited(conversions[n], {name: values[name][n] for name in currencies}) for n in range(len(parts))]


def linear_shares(found: Attributed) -> Shares:
    """What stands in for data-driven shares where nothing can be learnt."""
    by_value = gathered(found.touched)
    earned = {key: credit(LINEAR, some).conversions for key, some in by_value.items()}
    whole = sum(earned.values(), Fraction(0))
    parts = {key: Fraction(one) / whole for key, one in earned.items()} if whole else {}
    return Shares(parts, {key: some[0].value for key, some in by_value.items()})


def spread_shares(
    groups: Sequence[Sequence[tuple[Value, ...]]], parts: Sequence[Fraction], found: Attributed
) -> Shares:
    """From states of a chain to values: a state's share is split evenly between several values of a touch, and between
    the values of a state that stands for many by their linear credit."""
    linear = linear_shares(found).by_value
    shares: dict[Key, Fraction] = {}
    values: dict[Key, Value] = {}
    for labels, part in zip(groups, parts, strict=True):
        weights = [
            sum((linear.get(value_key(one), Fraction(0)) for one in label or (None,)), Fraction(0)) for label in labels
        ]
        whole = _sum(weights)
        for label, weight in zip(labels, weights, strict=True):
            own = part * (weight / whole if whole else Fraction(1, len(labels)))
            for value in label or (None,):
                key = value_key(value)
                values[key] = value
                shares[key] = shares.get(key, Fraction(0)) + own / max(1, len(label))
    return Shares(shares, values)


def _sum(parts: Iterable[Fraction]) -> Fraction:
    return sum(parts, Fraction(0))
