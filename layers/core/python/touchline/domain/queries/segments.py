"""Segments: people by what they did, whatever else a question asks of them."""

from dataclasses import dataclass

from touchline.domain.queries.filters import Filter
from touchline.domain.queries.ranges import TimeRange


@dataclass(frozen=True, slots=True)
class Condition:
    """How often a person's events in the span meet all the filters: at least, and at most where that is given.

    `at_least` 0 with `at_most` 0 is "never did".
    """

    filters: tuple[Filter, ...]
    span: TimeRange
    at_least: int = 1
    at_most: int | None = None

    def describe(self) -> str:
        did = " and ".join(one.describe() for one in self.filters) or "any event"
        if self.at_most == 0:
            return f"never: {did}"
        most = "" if self.at_most is None else f", at most {self.at_most:,}"
        return f"at least {self.at_least:,}{most} times: {did}"


@dataclass(frozen=True, slots=True)
class Segment:
    """The people for whom every condition holds; only people with an event in one of the spans can be in it."""

    conditions: tuple[Condition, ...]

    def describe(self) -> list[str]:
        return [one.describe() for one in self.conditions]
