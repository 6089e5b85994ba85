"""What is asked of the store of conversions and memberships, and what it finds of cohorts."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from touchline.domain.attributed import COLUMNS, Value
from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.ranges import TimeRange

# What a person can enter; a membership is kept for each.
Dimension = Literal["campaign", "journey", "segment"]


@dataclass(frozen=True, slots=True)
class ConversionsOf:
    """The conversions of a version of a goal that happened in the span and meet all filters."""

    goal: str
    version: int
    span: TimeRange
    filters: tuple[Filter, ...] = ()


@dataclass(frozen=True, slots=True)
class AttributedQuestion:
    """What touches add up to, by the values of `field`, in the buckets between rising edges.

    `columns` are left 0 where they are not asked for, values where `values` is false. With `listed` only these values
    are told.
    """

    conversions: ConversionsOf
    edges: tuple[int, ...]
    field: Field
    columns: tuple[str, ...] = COLUMNS
    values: bool = True
    listed: tuple[Value, ...] | None = None


@dataclass(frozen=True, slots=True)
class ConversionPage:
    """Conversions in order of time, then of their events' `_id`s, from after a position."""

    conversions: ConversionsOf
    limit: int
    after: tuple[int, str] | None = None
    parts: tuple[str, ...] | None = None  # of the documents; all of them unless given


@dataclass(frozen=True, slots=True)
class CohortQuestion:
    """Who entered, in the buckets between rising edges, and how long after it they converted.

    What happened after `as_of` (epoch ms) does not count, nor does a conversion later than `window_ms` after entry.
    """

    dimension: Dimension
    values: tuple[str, ...]
    edges: tuple[int, ...]
    goal: str
    version: int
    as_of: int
    window_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Cohorts:
    """Of one value; n buckets."""

    sizes: NDArray[np.int64]  # (n,) people
    buckets: NDArray[np.int64]  # (c,) of each who converted, the bucket of the entry
    ages: NDArray[np.int64]  # (c,) ms from entry to conversion
