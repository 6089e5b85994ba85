"""What a store counts for a measure, and what it gives back for one bucket of one row."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from touchline.domain.queries.filters import Filter

PartKind = Literal["events", "actors", "amounts", "numbers", "amount_percentiles", "number_percentiles"]


class Sum(NamedTuple):
    """Amounts in ten-thousandths, numbers as they are."""

    total: float
    number: int


NO_SUM = Sum(0, 0)


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to count, over the events that meet its own filters beside the question's."""

    kind: PartKind
    filters: tuple[Filter, ...] = ()
    key: str = ""  # the property, for numbers
    percents: tuple[float, ...] = ()

    @property
    def adds_up(self) -> bool:
        """The parts of a whole sum up to it, as those of people and percentiles do not."""
        return self.kind in {"events", "amounts", "numbers"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One part in one bucket. `events`: events that were looked at, or people; else see the part's kind."""

    events: int = 0
    by_currency: tuple[tuple[str, Sum], ...] = ()
    sum: Sum = NO_SUM
    percentiles: tuple[tuple[str, tuple[float | None, ...]], ...] = ()  # by currency; "" for numbers


NOTHING = Cell()

# The cells of one bucket: one for each part of the measure, in the measure's order.
type Cells = tuple[Cell, ...]


def minus(whole: Cell, listed: list[Cell]) -> Cell:
    """What is left of a cell that adds up."""
    left = {currency: [float(s.total), s.number] for currency, s in whole.by_currency}
    for cell in listed:
        for currency, one in cell.by_currency:
            left[currency][0] -= one.total
            left[currency][1] -= one.number
    number = whole.sum.number - sum(cell.sum.number for cell in listed)
    # Floating sums leave a trace where nothing is left.
    total = whole.sum.total - sum(cell.sum.total for cell in listed) if number else 0
    return Cell(
        events=whole.events - sum(cell.events for cell in listed),
        by_currency=tuple((currency, Sum(total, n)) for currency, (total, n) in left.items() if n),  # type: ignore[arg-type]
        sum=Sum(total, number),
    )
