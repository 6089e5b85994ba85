"""How a conversion's credit is split over the touches before it: exact shares that add up, for each rule.

Shares are whole millionths and values whole ten-thousandths. Models by position are made from places when a report is
asked for (`domain.attributed`); what depends on the times of all touches is computed here, once for each conversion.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

MICRO: Final = 1_000_000
# A weight of one as a whole number: as fine as a double tells weights apart.
ONE: Final = 1 << 53

Place = Literal["only", "first_of_two", "last_of_two", "first", "middle", "last"]

FIRST: Final[frozenset[Place]] = frozenset({"only", "first_of_two", "first"})
LAST: Final[frozenset[Place]] = frozenset({"only", "last_of_two", "last"})
SHARES: Final = ("linear", "decay", "middle", "linear_e4", "decay_e4", "middle_e4")


@dataclass(frozen=True, slots=True)
class TouchPoint:
    event: str  # the event's `_id`
    at: int  # epoch ms
    sequence: int
    channel: str | None


@dataclass(frozen=True, slots=True)
class CreditRules:
    half_life_ms: int
    direct_channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Credit:
    """What one touch gets. `linear`, `decay` and `middle` each add up to MICRO over a conversion's touches; the `_e4`
    alike to the conversion's value, and are None without one.

    `middle` is shared by the touches in the middle; where there are none, by all. So a model by position gives a touch
    f x first + m x middle + l x last, whatever their number: f + m + l to a single one, f + m/2 and l + m/2 to two.
    """

    place: Place
    age_ms: int
    linear: int
    decay: int
    middle: int
    whole_e4: int | None  # the conversion's value
    linear_e4: int | None
    decay_e4: int | None
    middle_e4: int | None
    direct: bool
    last_non_direct: bool  # exactly one touch of a conversion: the last that is not direct, else the last

    @property
    def first(self) -> bool:
        return self.place in FIRST

    @property
    def last(self) -> bool:
        return self.place in LAST

    def document(self) -> dict[str, str | int | bool]:
        """As kept in a conversion's document. What a report only adds up is left out where it would be nothing."""
        kept: dict[str, str | int | bool] = {"place": self.place, "age_ms": self.age_ms, "direct": self.direct}
        kept["last_non_direct"] = self.last_non_direct
        whole = self.whole_e4
        shares = {name: getattr(self, name) for name in SHARES} | {
            "first": self.first,
            "last": self.last,
            "won": self.last_non_direct,
            "first_e4": whole if self.first else 0,
            "last_e4": whole if self.last else 0,
            "won_e4": whole if self.last_non_direct else 0,
        }
        return kept | {name: int(share) for name, share in shares.items() if share}


def credits(
    converted_at: int, touches: Sequence[TouchPoint], rules: CreditRules, amount_e4: int | None
) -> list[Credit]:
    """One for each touch, in their order: by time, sequence and event. No touch may come after the conversion."""
    ages = [converted_at - touch.at for touch in touches]
    direct = [touch.channel in rules.direct_channels for touch in touches]
    places = _places(len(touches))
    even = [1] * len(touches)
    middles = [int(place == "middle") for place in places] if len(touches) > 2 else even
    weights = (even, _decay(ages, rules.half_life_ms), middles)
    linear, decay, middle = (apportion(MICRO, one) for one in weights)
    linear_e4, decay_e4, middle_e4 = (_values(amount_e4, one) for one in weights)
    winner = _last_non_direct(direct)
    return [
        Credit(
            place=places[n],
            age_ms=ages[n],
            linear=linear[n],
            decay=decay[n],
            middle=middle[n],
            whole_e4=amount_e4,
            linear_e4=linear_e4[n],
            decay_e4=decay_e4[n],
            middle_e4=middle_e4[n],
            direct=direct[n],
            last_non_direct=n == winner,
        )
        for n in range(len(touches))
    ]


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """Whole parts of a whole in proportion to the weights, which add up to it: largest remainder, ties by position.

    All 0 where no weight is above 0.
    """
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    size, sign = abs(total), -1 if total < 0 else 1
    parts = [divmod(size * weight, whole) for weight in weights]
    floors = [floor for floor, _ in parts]
    left = size - sum(floors)
    if left:
        for n in sorted(range(len(parts)), key=lambda n: -parts[n][1])[:left]:
            floors[n] += 1
    return floors if sign == 1 else [-floor for floor in floors]


def _values(amount_e4: int | None, weights: Sequence[int]) -> Sequence[int | None]:
    return [None] * len(weights) if amount_e4 is None else apportion(amount_e4, weights)


def _places(touches: int) -> list[Place]:
    if touches < 2:
        return ["only"] if touches else []
    if touches == 2:
        return ["first_of_two", "last_of_two"]
    middle: list[Place] = ["middle"] * (touches - 2)
    return ["first", *middle, "last"]


def _decay(ages: Sequence[int], half_life_ms: int) -> list[int]:
    """2^(-age / half-life), from the youngest touch on: its weight is then exactly one, however old all of them are."""
    youngest = min(ages, default=0)
    return [int(ONE * 2.0 ** ((youngest - age) / half_life_ms)) for age in ages]


def _last_non_direct(direct: Sequence[bool]) -> int:
    return next((n for n in reversed(range(len(direct))) if not direct[n]), len(direct) - 1)
