"""What paths are asked: where they begin, which way they go, and when they end."""

from dataclasses import dataclass
from typing import Final, Literal

from touchline.domain.queries.clock import DAY
from touchline.domain.queries.criteria import Criterion
from touchline.domain.queries.durations import describe_duration
from touchline.domain.queries.fields import Field
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.queries.scope import Scope
from touchline.domain.sequences.rows import WHOLE, Part, RowsQuestion

Direction = Literal["next", "previous"]
Occurrences = Literal["first", "last", "every"]

MOST_DEPTH: Final = 10
MOST_WIDTH: Final = 50
WINDOW: Final = DAY
LONGEST_WINDOW: Final = 90 * DAY
LONGEST_GAP: Final = 30 * DAY
ANCHOR: Final = 0  # the mark


@dataclass(frozen=True, slots=True)
class Paths:
    scope: Scope
    field: Field  # whose values the nodes are
    anchor: Criterion | None = None  # None: a person's first event, or each session's
    anchor_said: tuple[str, ...] = ()
    direction: Direction = "next"
    depth: int = 3
    width: int = 8
    window: int = WINDOW  # ms, from where a path begins
    gap: int | None = None  # ms without an event that end a session, and its paths
    occurrences: Occurrences = "first"
    collapse: bool = False  # repeats are one

    def rows(self, part: Part = WHOLE) -> RowsQuestion:
        """A path begins in the range and may leave it."""
        span = self.scope.span
        leaving = (
            TimeRange(span.start, span.end + self.window)
            if self.direction == "next"
            else TimeRange(max(0, span.start - self.window), span.end)
        )
        return RowsQuestion(
            leaving,
            self.scope.filters,
            () if self.anchor is None else (self.anchor,),
            only_marked=False,
            fields=(self.field,),
            segment=self.scope.segment,
            part=part,
        )

    def describe(self) -> str:
        what = "What people did next" if self.direction == "next" else "What people did before"
        sentences = [
            f"{what}, by {self.field.name}: up to {self.depth} steps within {describe_duration(self.window)} of "
            f"{self._beginning()} in the range."
        ]
        if self.gap is not None:
            sentences.append(f"After {describe_duration(self.gap)} without an event a session is over.")
        if self.collapse:
            sentences.append("The same value several times in a row is one step.")
        sentences.append(
            f"Of each step the {self.width} values with most paths are told, the rest together as other; "
            "end is where nothing more was done, open where something still may be."
        )
        return " ".join(sentences)

    def _beginning(self) -> str:
        place = {"first": "their first", "last": "their last", "every": "each"}[self.occurrences]
        if self.anchor is not None:
            return f"{place} event where {' and '.join(self.anchor_said)}"
        edge = "beginning" if self.direction == "next" else "end"
        if self.gap is None:
            return "their first event" if self.direction == "next" else "their last event"
        return f"the {edge} of {place} session"
