"""What a store is asked for a chart, and what it answers: cells by row and bucket."""

from dataclasses import dataclass
from typing import Literal

from touchline.domain.properties import Scalar
from touchline.domain.queries.cells import Cells, Part
from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter
from touchline.errors import TooManyBuckets

RowKind = Literal["whole", "value", "other", "absent"]

# Each cell is a bucket in the search store, which refuses a request of more than 65,535; amounts add some each.
MOST_CELLS = 20_000
MOST_ROWS = 100
# Beside the listed values: the whole, other, absent.
ROWS_BESIDE = 3


@dataclass(frozen=True, slots=True)
class Tally:
    """Count the parts over the events that meet all filters, in the buckets between rising edges.

    With a field also for each of `listed`, for the events without the field, and for all the others.
    """

    edges: tuple[int, ...]
    filters: tuple[Filter, ...]
    parts: tuple[Part, ...]
    field: Field | None = None
    listed: tuple[Scalar, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    kind: RowKind
    key: Scalar | None
    total: Cells  # over the whole range, counted by itself: people are not the sum of each day's people
    buckets: list[Cells]


@dataclass(frozen=True, slots=True)
class Tallied:
    """`rows`: the whole first; with a field then the listed in order, other, absent.

    `people_limit`: up to so many different people a cell is counted one by one, beyond it estimated. `exact`: nothing
    is estimated, and people are counted after it is resolved who they are.
    """

    rows: list[Row]
    people_limit: int
    exact: bool = False


@dataclass(frozen=True, slots=True)
class TopValues:
    """The commonest values of a field by number of events.

    A value that is not listed may have up to `error_bound` events more than was counted for the last listed one.
    """

    values: tuple[Scalar, ...]
    error_bound: int


def check_cells(buckets: int, listed: int, parts: int) -> None:
    """Raises TooManyBuckets, which says how many rows would work."""
    if buckets * (listed + ROWS_BESIDE) * parts > MOST_CELLS:
        rows = MOST_CELLS // (buckets * parts) - ROWS_BESIDE
        works = f"at most top {rows} works for {buckets:,} buckets" if rows > 0 else "use a longer interval"
        raise TooManyBuckets(
            f"{buckets:,} buckets times {listed} values are more than {MOST_CELLS:,} cells: {works}.",
            field="breakdown.top",
        )
