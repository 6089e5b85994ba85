"""A question about attribution as it was understood."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from touchline.domain.attributed import CUSTOM, DATA_DRIVEN, MODELS, Model, custom_weights
from touchline.domain.goals import Goal
from touchline.domain.queries.durations import describe_duration
from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.intervals import Interval
from touchline.domain.queries.questions import Compare
from touchline.domain.queries.scope import Scope
from touchline.errors import InvalidFilter, InvalidInterval

# What a conversion keeps of its event.
KEPT: Final = ("action", "context.", "value.")
# Each is a row with its credit by every model.
MOST_TOP: Final = 100


@dataclass(frozen=True, slots=True)
class AttributionQuestion:
    """`lookback_ms` and `direct_channels` are the goal's own unless asked for otherwise."""

    scope: Scope  # filters are on the conversions
    goal: Goal
    field: Field
    top: int
    models: tuple[str, ...]
    custom: tuple[Fraction, Fraction, Fraction] | None  # first, middle, last
    lookback_ms: int
    direct_channels: tuple[str, ...]
    collapse: bool
    interval: Interval | None = None
    compare: Compare | None = None
    with_spend: bool = False

    def is_kept(self) -> bool:
        """Whether the credit that is kept with the conversions is what is asked for."""
        goal = self.goal
        own = (self.lookback_ms, self.direct_channels) == (goal.lookback_ms, goal.direct_channels)
        return own and not self.collapse and self.scope.segment is None

    def shared_out(self) -> list[Model]:
        """The models that are sums; without the data-driven one."""
        custom = (
            [] if self.custom is None else [Model(CUSTOM, _custom_words(*self.custom), custom_weights(*self.custom))]
        )
        known = MODELS | {one.name: one for one in custom}
        return [known[name] for name in self.models if name != DATA_DRIVEN]

    def columns(self) -> tuple[str, ...]:
        """Those that the models need; linear always, by which the values are ranked."""
        from_models = {name for model in self.shared_out() for name in model.columns()}
        return tuple(sorted(from_models | {"linear"}))

    def describe(self) -> str:
        goal, lookback = self.goal, describe_duration(self.lookback_ms)
        collapsed = "; of consecutive touches with the same value only the last counts" if self.collapse else ""
        return (
            f"conversions of '{goal.name}' by the time of the conversion, credited to the {self.field.name} of the "
            f"touches ({', '.join(goal.touch_actions)}) up to {lookback} before, by the same person{collapsed}"
        )


def check_lookback(lookback_ms: int, goal: Goal) -> int:
    """Raises InvalidInterval: touches further back are not kept with the conversions."""
    if lookback_ms > goal.lookback_ms:
        raise InvalidInterval(
            f"The goal keeps the touches of {describe_duration(goal.lookback_ms)} before a conversion. Ask for at most "
            "that, or change the goal's lookback, which looks its past through anew.",
            field="lookback",
        )
    return lookback_ms


def check_filters(filters: tuple[Filter, ...]) -> None:
    """Raises InvalidFilter for what a conversion does not keep of its event."""
    for number, one in enumerate(filters):
        if not one.field.name.startswith(KEPT):
            raise InvalidFilter(
                f"Conversions are filtered by action, context.* and value.*, not by {one.field.name}. Put it into the "
                "goal's criteria, or ask for a segment of people.",
                field=f"filters.{number}.field",
            )


def _custom_words(first: Fraction, middle: Fraction, last: Fraction) -> str:
    whole = first + middle + last
    shares = [float(100 * one / whole) for one in (first, last, middle)]
    return "{:g} % to the first, {:g} % to the last, {:g} % shared by those between".format(*shares)
