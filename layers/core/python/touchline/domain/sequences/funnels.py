"""What a funnel is asked: steps, the window that they have to fit into, and what counts as a chain of them."""

from dataclasses import dataclass
from typing import Final, Literal

from touchline.domain.queries.clock import DAY
from touchline.domain.queries.criteria import Criterion
from touchline.domain.queries.durations import describe_duration
from touchline.domain.queries.fields import Field
from touchline.domain.queries.intervals import Interval
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.queries.scope import Scope
from touchline.domain.sequences.rows import WHOLE, Part, RowsQuestion

Mode = Literal["in_order", "strict", "any_order"]
Entry = Literal["any", "first", "first_ever"]
Effect = Literal["drop_person", "stop_chain"]
Attribution = Literal["first", "last", "all", "step"]

FEWEST_STEPS: Final = 2
MOST_STEPS: Final = 10
MOST_EXCLUSIONS: Final = 5
MOST_HELD: Final = 3
WINDOW: Final = 7 * DAY
LONGEST_WINDOW: Final = 366 * DAY


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    criterion: Criterion  # as stored
    said: tuple[str, ...]  # the criterion in the asker's words
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Exclusion:
    name: str
    criterion: Criterion
    said: tuple[str, ...]
    effect: Effect


@dataclass(frozen=True, slots=True)
class FunnelBreakdown:
    field: Field
    top: int
    by: Attribution = "first"
    step: int = 0  # for by = "step": its place among the steps, from 0


@dataclass(frozen=True, slots=True)
class Funnel:
    """The first step is never optional; optional steps and modes other than in order do not go together."""

    scope: Scope
    steps: tuple[Step, ...]
    window: int = WINDOW  # ms
    mode: Mode = "in_order"
    entry: Entry = "any"
    exclusions: tuple[Exclusion, ...] = ()
    held: tuple[Field, ...] = ()
    breakdown: FunnelBreakdown | None = None
    interval: Interval | None = None  # of the trend

    @property
    def required(self) -> tuple[int, ...]:
        return tuple(place for place, step in enumerate(self.steps) if not step.optional)

    def excluding(self, effect: Effect) -> tuple[int, ...]:
        """The marks of the exclusions with this effect."""
        return tuple(len(self.steps) + k for k, one in enumerate(self.exclusions) if one.effect == effect)

    def rows(self, part: Part = WHOLE) -> RowsQuestion:
        """Steps are marks 0…, exclusions follow. What comes after the range may complete what began in it."""
        held = {one.name: one for one in self.held}
        shown = {self.breakdown.field.name: self.breakdown.field} if self.breakdown else {}
        return RowsQuestion(
            TimeRange(self.scope.span.start, self.scope.span.end + self.window),
            self.scope.filters,
            (*(one.criterion for one in self.steps), *(one.criterion for one in self.exclusions)),
            only_marked=self.mode != "strict",
            fields=tuple((held | shown).values()),
            segment=self.scope.segment,
            part=part,
        )

    def rows_before(self, part: Part = WHOLE) -> RowsQuestion | None:
        """Who began before the range already; None where that does not matter."""
        if self.entry != "first_ever" or self.scope.span.start <= 0:
            return None
        before = TimeRange(0, self.scope.span.start)
        begins = self.steps if self.mode == "any_order" else self.steps[:1]
        criteria = tuple(one.criterion for one in begins)
        return RowsQuestion(before, self.scope.filters, criteria, segment=self.scope.segment, part=part)

    def describe(self) -> str:
        sentences = [
            f"People by how many of the {len(self.required)} steps they did {_MODES[self.mode]} within "
            f"{describe_duration(self.window)} of the first one, that moment included; "
            f"{_ENTRIES[self.entry]} in the range.",
            "Of a person's chains of steps the longest counts, of equally long ones the earliest. "
            "One event is one step.",
        ]
        if self.held:
            names = ", ".join(one.name for one in self.held)
            sentences.append(f"All steps of a chain have the same {names}; events without it are left out.")
        sentences += [_EFFECTS[one.effect].format(name=one.name) for one in self.exclusions]
        if len(self.required) < len(self.steps):
            sentences.append("Optional steps are counted where they were done in between, and are never waited for.")
        return " ".join(sentences)


_MODES: Final[dict[Mode, str]] = {
    "in_order": "in order",
    "strict": "in order, without any other event that meets the filters in between,",
    "any_order": "in any order",
}
_ENTRIES: Final[dict[Entry, str]] = {
    "any": "a chain may begin with each first step",
    "first": "a chain begins with a person's earliest first step",
    "first_ever": "a chain begins with a person's first step of all, which has to lie",
}
_EFFECTS: Final[dict[Effect, str]] = {
    "drop_person": "Left out are people with '{name}' after the first step of their chain and before its last one, or "
    "before their window is over.",
    "stop_chain": "'{name}' after the first step ends a chain.",
}
