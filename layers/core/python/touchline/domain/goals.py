"""Goals: which events are a success, how each counts, what it is worth, and which events before it earn the credit."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from touchline.domain.queries.clock import DAY
from touchline.domain.queries.criteria import Criterion
from touchline.domain.queries.durations import describe_duration
from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter
from touchline.domain.sent_shape import decimal_text
from touchline.errors import InvalidRequest

DEFAULT_TOUCH_ACTIONS: Final = (
    "ad_clicked",
    "email_clicked",
    "email_opened",
    "form_submitted",
    "link_clicked",
    "page_viewed",
    "webinar_attended",
)
# What puts a person into a campaign, a journey or a segment.
ENTRY_ACTIONS: Final = ("added_to_campaign", "campaign_entered", "email_sent")
DEFAULT_DIRECT_CHANNELS: Final = ("direct", "none")
DEFAULT_LOOKBACK_MS: Final = 30 * DAY
DEFAULT_HALF_LIFE_MS: Final = 7 * DAY

# A backfill asks for all events that meet one of a goal's criteria, its touch actions or the entry actions, each a bit.
MOST_GOAL_CRITERIA: Final = 16
MOST_TOUCH_ACTIONS: Final = 50
MOST_DIRECT_CHANNELS: Final = 50
LONGEST_LOOKBACK_MS: Final = 365 * DAY
# Every changed person is read once and compared with each of them.
MOST_GOALS: Final = 100

Counted = Literal["once", "every"]
GoalState = Literal["active", "deleted"]


@dataclass(frozen=True, slots=True)
class FixedValue:
    """What every conversion is worth."""

    amount_e4: int  # ten-thousandths
    currency: str


type GoalValue = FixedValue | Literal["event"] | None


@dataclass(frozen=True, slots=True)
class Goal:
    """One version of a goal. An event that meets any of the criteria, each with all its filters, is a conversion.

    Filters are as stored (see `as_stored`): actions normalised, addresses hashed. Every criterion says which actions.
    """

    id: str
    version: int
    name: str
    criteria: tuple[Criterion, ...]
    counted: Counted = "every"  # "once": the person's first ever
    value: GoalValue = None
    touch_actions: tuple[str, ...] = DEFAULT_TOUCH_ACTIONS
    lookback_ms: int = DEFAULT_LOOKBACK_MS
    half_life_ms: int = DEFAULT_HALF_LIFE_MS
    conversion_window_ms: int | None = None  # cohorts only: converted at most so long after entry
    direct_channels: tuple[str, ...] = DEFAULT_DIRECT_CHANNELS
    created_at: int = 0  # epoch ms
    changed_at: int = 0  # epoch ms
    state: GoalState = "active"
    version_at: int | None = None  # epoch ms: since when this version counts; a new name changes nothing of it
    replaced_at: int | None = None  # epoch ms, where a later version was made; known of a version that is asked for

    @property
    def since(self) -> int:
        """Epoch ms: conversions are computed as they happen from then on; those before need a backfill."""
        return self.changed_at if self.version_at is None else self.version_at

    def actions(self) -> frozenset[str]:
        """The actions that a conversion can have."""
        return frozenset(action for criterion in self.criteria for action in actions_of(criterion))

    def describe(self) -> str:
        events = ", or ".join(" and ".join(one.describe() for one in criterion) for criterion in self.criteria)
        return f"{_counted(self.counted)} event where {events}; {_worth(self.value)}; {self.describe_touches()}"

    def describe_touches(self) -> str:
        window = f"up to {describe_duration(self.lookback_ms)} before"
        return f"touches: {', '.join(self.touch_actions)}, {window}, by the same person"


def actions_of(criterion: Criterion) -> frozenset[str]:
    """The actions that its filters leave possible; empty where they name none."""
    named = [set(map(str, one.values)) for one in criterion if _names_actions(one)]
    return frozenset(set.intersection(*named)) if named else frozenset()


def named_filters(goal: Goal) -> Iterator[Filter]:
    """Every condition of the goal, and its own touch actions as one: what is checked for misspelt actions."""
    for criterion in goal.criteria:
        yield from criterion
    own = tuple(action for action in goal.touch_actions if action not in DEFAULT_TOUCH_ACTIONS)
    if own:
        yield Filter(Field("action", "text"), "in", own)


def check_goal(goal: Goal) -> None:
    """Raises InvalidRequest with the field at fault and what would work."""
    if not 1 <= len(goal.criteria) <= MOST_GOAL_CRITERIA:
        raise InvalidRequest(f"A goal has 1 to {MOST_GOAL_CRITERIA} criteria.", field="criteria")
    for number, criterion in enumerate(goal.criteria):
        if not actions_of(criterion):
            raise InvalidRequest(
                'A criterion says which actions it means: add {"field": "action", "value": "…"}, or "is": "in" with a '
                "list.",
                field=f"criteria.{number}",
            )
    _check_number(len(goal.touch_actions), 0, MOST_TOUCH_ACTIONS, "touch_actions", "actions")
    _check_number(len(goal.direct_channels), 0, MOST_DIRECT_CHANNELS, "direct_channels", "channels")
    _check_length(goal.lookback_ms, "lookback")
    _check_length(goal.half_life_ms, "half_life")
    if goal.conversion_window_ms is not None:
        _check_length(goal.conversion_window_ms, "conversion_window")


def same_meaning(one: Goal, other: Goal) -> bool:
    """Whether both give the same conversions with the same credit: a new name needs no new version's backfill."""
    return meaning(one) == meaning(other)


def meaning(goal: Goal) -> tuple[object, ...]:
    return (
        goal.criteria,
        goal.counted,
        goal.value,
        goal.touch_actions,
        goal.lookback_ms,
        goal.half_life_ms,
        goal.conversion_window_ms,
        goal.direct_channels,
    )


def sorted_unique(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts)))


def _names_actions(one: Filter) -> bool:
    return one.field.name == "action" and one.operator in {"eq", "in"}


def _counted(counted: Counted) -> str:
    return "every" if counted == "every" else "each person's first"


def _worth(value: GoalValue) -> str:
    match value:
        case FixedValue(amount_e4, currency):
            return f"worth {decimal_text(amount_e4)} {currency} each"
        case "event":
            return "worth what the event says"
        case _:
            return "without a value"


def _check_length(length_ms: int, field: str) -> None:
    if not 1_000 <= length_ms <= LONGEST_LOOKBACK_MS:
        raise InvalidRequest(f"{field} is from 1 second to {describe_duration(LONGEST_LOOKBACK_MS)}.", field=field)


def _check_number(number: int, least: int, most: int, field: str, what: str) -> None:
    if not least <= number <= most:
        raise InvalidRequest(f"{field} has {least} to {most} {what}.", field=field)
