"""Events as arrays, and what is asked of the store that gives them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from touchline.domain.properties import Scalar
from touchline.domain.queries.criteria import Criterion
from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.queries.segments import Segment


@dataclass(frozen=True, slots=True)
class Part:
    """One of `of` parts of all people, by their keys: the parts together are everybody, and nobody is in two."""

    number: int = 0
    of: int = 1


WHOLE: Final = Part()


@dataclass(frozen=True, slots=True)
class RowsQuestion:
    """Which events are wanted, and what of them."""

    span: TimeRange
    filters: tuple[Filter, ...] = ()  # what every event has to meet
    criteria: tuple[Criterion, ...] = ()  # bit k of `marks` says whether an event meets the k-th; at most MOST_CRITERIA
    only_marked: bool = True  # leave out events that meet none of the criteria; without criteria nothing is left out
    fields: tuple[Field, ...] = ()  # whose values are wanted
    amounts: bool = False
    ids: bool = False
    segment: Segment | None = None  # only events of its people
    part: Part = WHOLE
    sequences: bool = False


@dataclass(frozen=True, slots=True)
class Coded:
    """A field of each event: `values[codes[row]]`. A field may have several values, or none: `values[0]` is ()."""

    codes: NDArray[np.int32]
    values: tuple[tuple[Scalar, ...], ...]

    def of(self, row: int) -> tuple[Scalar, ...]:
        return self.values[self.codes[row]]


@dataclass(frozen=True, slots=True)
class EventRows:
    """Events, each array with an entry for each; a person's events are adjacent, in order of time, sequence and id.

    Persons come in no order that means anything.
    """

    people: NDArray[np.uint64]  # `person_key` of the person
    at: NDArray[np.int64]  # epoch ms
    marks: NDArray[np.uint32]
    fields: Mapping[str, Coded] = field(default_factory=dict)  # by the field's name
    amounts: NDArray[np.int64] | None = None  # ten-thousandths; 0 where there is no value
    currencies: Coded | None = None  # () where there is no value
    ids: NDArray[Any] | None = None  # the documents' `_id`s
    sequences: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.people)

    def marked(self, criterion: int) -> NDArray[np.bool_]:
        return np.asarray((self.marks >> np.uint32(criterion)) & np.uint32(1), np.bool_)

    def take(self, chosen: NDArray[Any]) -> "EventRows":
        """The rows of a mask, or at rising positions."""
        return EventRows(
            self.people[chosen],
            self.at[chosen],
            self.marks[chosen],
            {name: Coded(one.codes[chosen], one.values) for name, one in self.fields.items()},
            None if self.amounts is None else self.amounts[chosen],
            None if self.currencies is None else Coded(self.currencies.codes[chosen], self.currencies.values),
            None if self.ids is None else self.ids[chosen],
            None if self.sequences is None else self.sequences[chosen],
        )

    def starts(self) -> NDArray[np.intp]:
        """Where each person's rows begin; with `len(self)` at the end."""
        if not len(self):
            return np.zeros(1, np.intp)
        change = np.flatnonzero(self.people[1:] != self.people[:-1]) + 1
        return np.concatenate(([0], change, [len(self)]))


@dataclass(frozen=True, slots=True)
class Extent:
    """How much there is to read for a range: what decides whether an answer can be waited for."""

    events: int
    days: int
    as_of: int  # epoch ms: every event that was archived by then is in
