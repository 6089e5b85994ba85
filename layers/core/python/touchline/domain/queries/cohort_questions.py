"""A question about cohorts as it was understood."""

from dataclasses import dataclass
from typing import Final

from touchline.domain.goals import ENTRY_ACTIONS, Goal
from touchline.domain.queries.attributed import Dimension
from touchline.domain.queries.criteria import Criterion
from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.intervals import Interval
from touchline.domain.queries.scope import Scope

MOST_VALUES: Final = 20
# A goal has up to 16 criteria and a question to the events 32.
MOST_ENTRIES: Final = 8
DEFAULT_ENTRY: Final = (Filter(Field("action", "text"), "in", ENTRY_ACTIONS),)


@dataclass(frozen=True, slots=True)
class CohortsQuestion:
    """`values` of the dimension are a table each; without any, whoever met `entry` is one."""

    scope: Scope  # filters are on the entries
    goal: Goal
    dimension: Dimension
    values: tuple[str, ...]
    interval: Interval
    ages: int
    every: bool
    entry: tuple[Criterion, ...] | None  # None: ENTRY_ACTIONS
    entry_said: str
    as_of: int  # epoch ms
    window_ms: int | None  # the goal's own, unless asked for

    def is_kept(self) -> bool:
        """Whether memberships answer it: everybody's first entry by the usual actions, with the goal's own window."""
        plain = not self.every and self.entry is None and not self.scope.filters and self.scope.segment is None
        own = self.goal.conversion_window_ms
        return plain and (own is None or (self.window_ms is not None and self.window_ms <= own))

    def describe(self) -> str:
        who = "entry" if self.every else "person's first entry"
        end = "" if self.window_ms is None else f" and at most {self.window_ms / 3_600_000:g} hours after it"
        where = f" into a {self.dimension}" if self.values else ""
        return (
            f"each {who}{where} ({self.entry_said}) by the time of entry, and the first conversion of "
            f"'{self.goal.name}' at or after it{end}; age k is within k + 1 whole periods of 24 hours since entry"
        )
