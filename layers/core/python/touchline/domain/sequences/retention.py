"""What retention is asked: who began when, and what coming back is."""

from dataclasses import dataclass
from typing import Final, Literal

from touchline.domain.queries.buckets import boundaries
from touchline.domain.queries.clock import DAY
from touchline.domain.queries.criteria import Criterion
from touchline.domain.queries.fields import Field
from touchline.domain.queries.intervals import Interval
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.queries.scope import Scope
from touchline.domain.sequences.rows import WHOLE, Part, RowsQuestion

Counting = Literal["on", "on_or_after", "brackets"]
Clock = Literal["calendar", "rolling"]
Entry = Literal["every", "first", "first_ever"]

MOST_PERIODS: Final = 400
MOST_COHORTS: Final = 400
MOST_CELLS: Final = 20_000
START, RETURN = 0, 1  # marks


@dataclass(frozen=True, slots=True)
class Bracket:
    """Periods from `first` to `last`, both included; period 0 is that of the start, from right after it."""

    first: int
    last: int

    def describe(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}–{self.last}"


@dataclass(frozen=True, slots=True)
class Grid:
    """`edges` in epoch ms: buckets of the cohorts, and with the calendar's clock those of the periods after them."""

    edges: tuple[int, ...]
    cohorts: int


@dataclass(frozen=True, slots=True)
class Retention:
    scope: Scope
    interval: Interval
    start: Criterion
    start_said: tuple[str, ...]
    back: Criterion
    back_said: tuple[str, ...]
    counting: Counting
    brackets: tuple[Bracket, ...]  # the answer's columns
    clock: Clock = "calendar"
    entry: Entry = "every"
    field: Field | None = None  # of the breakdown: the start's value
    top: int = 10

    @property
    def periods(self) -> int:
        """The last period that is looked at."""
        return max(one.last for one in self.brackets)

    @property
    def rolling_ms(self) -> int:
        return (self.interval.days or 1) * DAY

    def grid(self) -> Grid:
        """Raises TooManyBuckets."""
        span = self.scope.span
        own = boundaries(span.start, span.end, self.interval, self.scope.zone, self.scope.week_start)
        if self.clock == "rolling":
            return Grid(tuple(own), len(own) - 1)
        # Months are up to a tenth longer than roughly; two days more for changes of the clock.
        beyond = span.end + (self.periods + 1) * self.interval.roughly_minutes() * 66_000 + 2 * DAY
        edges = boundaries(span.start, beyond, self.interval, self.scope.zone, self.scope.week_start)
        # The last cohort may end before its bucket does.
        return Grid(tuple(edges[: len(own) + self.periods]), len(own) - 1)

    def until(self, grid: Grid) -> int:
        """The end, in epoch ms, of what may still count."""
        if self.clock == "calendar":
            return grid.edges[-1]
        return self.scope.span.end + (self.periods + 1) * self.rolling_ms

    def complete_from(self, grid: Grid, cohort: int, period: int) -> int:
        """From when on, in epoch ms, the period is over for everybody in the cohort."""
        if self.clock == "calendar":
            return grid.edges[cohort + period + 1]
        return grid.edges[cohort + 1] + (period + 1) * self.rolling_ms

    def begun_from(self, grid: Grid, cohort: int, period: int) -> int:
        """From when on the period has begun for anybody in the cohort."""
        if self.clock == "calendar":
            return grid.edges[cohort + period]
        return grid.edges[cohort] + period * self.rolling_ms

    def rows(self, grid: Grid, part: Part = WHOLE) -> RowsQuestion:
        return RowsQuestion(
            TimeRange(self.scope.span.start, self.until(grid)),
            self.scope.filters,
            (self.start, self.back),
            fields=(self.field,) if self.field else (),
            segment=self.scope.segment,
            part=part,
        )

    def rows_before(self, part: Part = WHOLE) -> RowsQuestion | None:
        """Who began before the range already; None where that does not matter."""
        if self.entry != "first_ever" or self.scope.span.start <= 0:
            return None
        before = TimeRange(0, self.scope.span.start)
        return RowsQuestion(before, self.scope.filters, (self.start,), segment=self.scope.segment, part=part)

    def describe(self) -> str:
        began = " and ".join(self.start_said) or "any event"
        back = " and ".join(self.back_said) or "any event"
        unit = self.interval.describe()
        when = (
            f"in the {unit} that is so many {unit}s after theirs, by the calendar"
            if self.clock == "calendar"
            else f"so many times {self.rolling_ms // DAY * 24} hours after their own start"
        )
        return (
            f"People by the {unit} of {_ENTRIES[self.entry]} ({began}), and how many of them came back ({back}) "
            f"{when}; {_COUNTINGS[self.counting].format(last=self.periods)} "
            "Period 0 is the one of the start and counts what came after it. Averages are pooled over complete cells."
        )


_ENTRIES: Final[dict[Entry, str]] = {
    "every": "their first start in it",
    "first": "their first start in the range",
    "first_ever": "their first start of all",
}
_COUNTINGS: Final[dict[Counting, str]] = {
    "on": "in exactly that period.",
    "on_or_after": "in that period or a later one up to period {last}.",
    "brackets": "in one of the periods of a bracket.",
}
