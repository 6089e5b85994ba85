"""Spend in a range: what sheets and events say together, by any value that they carry."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from touchline.domain.properties import Scalar
from touchline.domain.queries.clock import first_instant
from touchline.domain.queries.fields import Field
from touchline.domain.queries.filters import Filter
from touchline.domain.queries.matching import meets, values_of
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.spend import Spend, SpendSheet

# By currency, in ten-thousandths: currencies are never added to each other.
type Money = dict[str, int]


@dataclass(frozen=True, slots=True)
class SpendAt:
    """One amount. `value` is what the breakdown's field says; None where it says nothing."""

    at: int  # epoch ms: a sheet's day begins there
    value: Scalar | None
    amount_e4: int
    currency: str


@dataclass(frozen=True, slots=True)
class MeasuredSpend:
    from_sheets: tuple[SpendAt, ...]
    from_events: tuple[SpendAt, ...]
    sheets: int  # how many hold a line of the range

    def all(self) -> tuple[SpendAt, ...]:
        return self.from_sheets + self.from_events

    def total(self) -> Money:
        return _sums(self.all())

    def by_value(self) -> dict[Scalar | None, Money]:
        """What has no such value is under None. The values' sums add up to `total`."""
        values: dict[Scalar | None, list[SpendAt]] = {}
        for one in self.all():
            values.setdefault(one.value, []).append(one)
        return {value: _sums(several) for value, several in values.items()}


def totals(lines: Iterable[Spend]) -> Money:
    return _sums(SpendAt(0, None, one.amount_e4, one.currency) for one in lines)


def of_sheets(
    sheets: Iterable[SpendSheet], span: TimeRange, zone: ZoneInfo, filters: Iterable[Filter], field: Field | None
) -> tuple[tuple[SpendAt, ...], int]:
    """Lines whose day begins in the range, in the zone; and of how many sheets they are."""
    found: list[SpendAt] = []
    used = 0
    wanted = list(filters)
    for sheet in sheets:
        before = len(found)
        found += [at for line in sheet.lines if (at := _line(line, span, zone, wanted, field)) is not None]
        used += len(found) > before
    return tuple(found), used


def _line(line: Spend, span: TimeRange, zone: ZoneInfo, filters: list[Filter], field: Field | None) -> SpendAt | None:
    at = first_instant(datetime.combine(line.day, time.min), zone)
    if not span.start <= at < span.end:
        return None
    document = line.document()
    if not all(meets(document, one) for one in filters):
        return None
    values = values_of(document, field) if field is not None else []
    return SpendAt(at, values[0] if values else None, line.amount_e4, line.currency)


def _sums(several: Iterable[SpendAt]) -> Money:
    sums: Money = {}
    for one in several:
        sums[one.currency] = sums.get(one.currency, 0) + one.amount_e4
    return dict(sorted(sums.items()))
