"""What a comparison of arms asks: who was exposed, what counts as done, and by which rules it is judged."""

from dataclasses import dataclass
from typing import Final

from touchline.domain.goals import Counted, FixedValue, Goal, GoalValue
from touchline.domain.properties import Scalar
from touchline.domain.queries.criteria import MOST_CRITERIA, Criterion
from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.scope import Scope
from touchline.domain.statistics.verdicts import Rules
from touchline.errors import InvalidRequest

DEFAULT_EXPOSURES: Final = (
    "ad_shown",
    "email_delivered",
    "email_sent",
    "message_sent",
    "push_sent",
    "sms_sent",
    "variant_shown",
)
# What people do with a message itself: such an event counts where it carries the arm's own value.
MESSAGE_ACTIONS: Final = ("ad_", "email_", "message_", "push_", "sms_")
MOST_ARMS: Final = 10
MOST_OUTCOMES: Final = 8
CONTEXT: Final = "context."
DEFAULT_RULES: Final = Rules()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What counts as done: any of the criteria, after exposure."""

    name: str
    definition: str
    criteria: tuple[Criterion, ...]
    of_the_arm: bool = False  # only events that carry the arm's value, and meet the scope's filters on context
    counted: Counted = "every"  # of its value: "once", the first after exposure alone
    value: GoalValue = "event"
    goal: Goal | None = None

    def worth(self) -> str:
        if isinstance(self.value, FixedValue):
            return f"{self.value.amount_e4 / 10_000:g} {self.value.currency} each"
        return "none" if self.value is None else "the amounts of its events"


@dataclass(frozen=True, slots=True)
class ComparisonQuestion:
    scope: Scope  # its filters are on exposures
    field: Field  # whose value is the arm
    exposures: tuple[Criterion, ...]
    exposed_said: str
    outcomes: tuple[Outcome, ...]
    window_ms: int | None = None  # after exposure; None: up to what is known
    arms: tuple[Scalar, ...] | None = None  # None: every value that occurs
    baseline: Scalar | None = None  # None: the first arm
    split: tuple[float, ...] | None = None  # by arm; None: even
    rules: Rules = DEFAULT_RULES

    def criteria(self) -> tuple[Criterion, ...]:
        """Exposures, then each outcome's."""
        exposures = tuple((*one, *self.scope.filters) for one in self.exposures)
        found = (*exposures, *(one for outcome in self.outcomes for one in self._criteria_of(outcome)))
        if len(found) > MOST_CRITERIA:
            raise InvalidRequest(
                f"Exposure and outcomes have {len(found)} criteria together, at most {MOST_CRITERIA} can be asked for "
                "at once. Ask for fewer outcomes.",
                field="outcomes",
            )
        return found

    def places(self) -> tuple[range, list[range]]:
        """Which of `criteria` are exposures, and which are each outcome's."""
        at = len(self.exposures)
        found = []
        for outcome in self.outcomes:
            found.append(range(at, at + len(outcome.criteria)))
            at += len(outcome.criteria)
        return range(len(self.exposures)), found

    def _criteria_of(self, outcome: Outcome) -> tuple[Criterion, ...]:
        if not outcome.of_the_arm:
            return outcome.criteria
        own = tuple(one for one in self.scope.filters if one.field.name.startswith(CONTEXT))
        return tuple((*criterion, *own) for criterion in outcome.criteria)


def is_of_a_message(criteria: tuple[Criterion, ...]) -> bool:
    """Whether all that the criteria mean is done with a message: opened, clicked, unsubscribed."""
    named = [value for criterion in criteria for one in criterion if _names_actions(one) for value in one.values]
    each = all(any(_names_actions(one) for one in criterion) for criterion in criteria)
    return each and bool(named) and all(str(value).startswith(MESSAGE_ACTIONS) for value in named)


def of_goal(goal: Goal) -> Outcome:
    return Outcome(goal.name, goal.describe(), goal.criteria, False, goal.counted, goal.value, goal)


def _names_actions(one: Filter) -> bool:
    return one.field.name == "action" and one.operator in {"eq", "in"}
