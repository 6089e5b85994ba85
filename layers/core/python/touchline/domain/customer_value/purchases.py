"""Customers out of their conversions: when they bought, how often, and for how much; each currency by itself."""

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from touchline.domain.customer_value.buying import Floats, Histories, Whole, distinct
from touchline.domain.customer_value.spending import Baskets
from touchline.domain.queries.clock import DAY, changes, offset
from touchline.domain.sequences.rows import Coded

E4: Final = 10_000


@dataclass(frozen=True, slots=True)
class Conversions:
    """Events in order of person, then sequence."""

    people: NDArray[np.uint64]
    at: Whole  # epoch ms
    amounts: Whole  # ten-thousandths
    currencies: Coded


@dataclass(frozen=True, slots=True)
class Customers:
    """One entry for each customer. A period is a calendar day: several purchases of a day are one."""

    people: NDArray[np.uint64]
    value: Whole  # of all purchases, in ten-thousandths
    since: Whole  # epoch ms of the first
    repeats: Whole  # days with a purchase − 1
    recency: Floats  # days from the first to the last
    age: Floats  # days from the first to the end
    repeat_mean: Floats  # of the amounts of days after the first, in units; 0 without any

    def histories(self) -> tuple[Histories, NDArray[np.intp]]:
        return distinct(self.repeats, self.recency, self.age)

    def with_baskets(self) -> NDArray[np.bool_]:
        """Who bought again for something: refunds may eat a mean up."""
        return np.asarray((self.repeats > 0) & (self.repeat_mean > 0), np.bool_)

    def baskets(self) -> Baskets:
        chosen = self.with_baskets()
        return Baskets(self.repeats[chosen], self.repeat_mean[chosen])


def customers(found: Conversions, end: int, zone: ZoneInfo) -> dict[str, Customers]:
    """By currency, of the conversions before `end` (epoch ms)."""
    by_currency = {}
    for code in np.unique(found.currencies.codes[found.at < end]):
        if currency := found.currencies.values[code]:
            chosen = (found.currencies.codes == code) & (found.at < end)
            by_currency[str(currency[0])] = _customers(
                found.people[chosen], found.at[chosen], found.amounts[chosen], end, zone
            )
    return dict(sorted(by_currency.items()))


def days(at: Whole, zone: ZoneInfo) -> Whole:
    """The number of the calendar day in the zone."""
    if not len(at):
        return at
    start, end = int(at.min()), int(at.max()) + 1
    stretches = [start, *changes(start, end, zone)]
    shifts = np.array([offset(one, zone) for one in stretches], np.int64)
    return (at + shifts[np.searchsorted(np.array(stretches, np.int64), at, side="right") - 1]) // DAY


def _customers(people: NDArray[np.uint64], at: Whole, amounts: Whole, end: int, zone: ZoneInfo) -> Customers:
    day = days(at, zone)
    person_begins = _begins(people[1:] != people[:-1])
    period_begins = _begins((people[1:] != people[:-1]) | (day[1:] != day[:-1]))
    period_value = np.add.reduceat(amounts, period_begins)
    of_person = np.searchsorted(person_begins, period_begins, side="right") - 1
    periods = np.bincount(of_person, minlength=len(person_begins))
    first = np.searchsorted(period_begins, person_begins)
    first_day, last_day = day[person_begins], day[period_begins[first + periods - 1]]
    value = np.add.reduceat(amounts, person_begins)
    repeats = periods.astype(np.int64) - 1
    mean = np.zeros(len(repeats))
    again = repeats > 0
    mean[again] = (value - period_value[first])[again] / repeats[again] / E4
    last = days(np.array([end - 1], np.int64), zone)[0]
    return Customers(
        people[person_begins],
        value,
        at[person_begins],
        repeats,
        (last_day - first_day).astype(np.float64),
        (last - first_day).astype(np.float64),
        mean,
    )


def _begins(changed: NDArray[np.bool_]) -> NDArray[np.intp]:
    return np.flatnonzero(np.concatenate(([True], changed)))
