"""What key figures are asked for: which, over what, by what, and which actions mean what."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from touchline.domain.goals import ENTRY_ACTIONS, Goal
from touchline.domain.kpis import machines
from touchline.domain.kpis.definitions import KPIS
from touchline.domain.queries.criteria import MOST_CRITERIA, Criterion
from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.intervals import Interval
from touchline.domain.queries.questions import Breakdown, Compare
from touchline.domain.queries.scope import Scope
from touchline.errors import InvalidRequest

Role = Literal["sent", "arrived", "bounced", "opened", "clicked", "unsubscribed", "complained", "entered"]
ROLES: Final[dict[Role, tuple[str, ...]]] = {
    "sent": ("email_sent",),
    "arrived": ("email_delivered",),
    "bounced": ("email_bounced", "email_bounced_soft", "email_hard_bounced", "email_soft_bounced"),
    "opened": ("email_opened",),
    "clicked": ("email_clicked", "link_clicked"),
    "unsubscribed": ("email_unsubscribed", "unsubscribed"),
    "complained": ("email_complained", "marked_as_spam", "spam_reported"),
    "entered": ENTRY_ACTIONS,
}
AGENT: Final = Field(machines.AGENT_FIELD, "property")
HORIZON_DAYS: Final = 365


@dataclass(frozen=True, slots=True)
class KpisQuestion:
    scope: Scope
    interval: Interval
    names: tuple[str, ...]  # of KPIS
    actions: Mapping[Role, tuple[str, ...]]
    message: Field  # tells messages apart
    goal: Goal | None = None
    breakdown: Breakdown | None = None
    compare: Compare | None = None
    horizon_days: int = HORIZON_DAYS

    def needs(self, name: str) -> bool:
        """Whether an input is of any of the key figures."""
        return any(name in KPIS[kpi].inputs for kpi in self.names)

    def fields(self) -> tuple[Field, ...]:
        """Of messages' events."""
        wanted = [self.message, AGENT, *([self.breakdown.field] if self.breakdown else [])]
        return tuple({one.name: one for one in wanted}.values())

    def message_criteria(self) -> tuple[Criterion, ...]:
        """One for each role, in order."""
        return tuple((Filter(Field("action", "text"), "in", self.actions[role]),) for role in ROLES)

    def goal_criteria(self) -> tuple[Criterion, ...]:
        """Each of the goal's, then each with the scope's filters: a first conversion is the first of all."""
        if self.goal is None:
            return ()
        plain = self.goal.criteria
        if not self.scope.filters:
            return plain
        both = (*plain, *((*criterion, *self.scope.filters) for criterion in plain))
        if len(both) > MOST_CRITERIA:
            raise InvalidRequest(f"A goal of at most {MOST_CRITERIA // 2} criteria can be filtered.", field="filters")
        return both
