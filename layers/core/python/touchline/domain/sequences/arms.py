"""Who was in which arm of an experiment, and what they did after they were first exposed."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from touchline.domain.properties import Scalar
from touchline.domain.sequences.rows import EventRows

SEVERAL: Final = -1  # exposed to more than one arm
NONE: Final = -2  # no value, or none that is an arm


@dataclass(frozen=True)
class Assigned:
    """One entry for each contact that was exposed in the range to an arm: the first exposure decides which."""

    rows: EventRows
    arms: tuple[Scalar, ...]
    arm_of_row: NDArray[np.int64]  # place in `arms`, SEVERAL or NONE, of each event's own value
    first: NDArray[np.intp]  # the row of the first exposure
    arm: NDArray[np.int64]  # place in `arms`; SEVERAL for contacts that are left out
    without_arm: int  # exposures whose value is not an arm's

    @property
    def people(self) -> NDArray[np.uint64]:
        return self.rows.people[self.first]

    @cached_property
    def contact_of_row(self) -> NDArray[np.intp]:
        """The place of each event's person in these arrays; -1 for one that was never exposed."""
        person = _person_of_row(self.rows)
        contact = np.full(int(person[-1]) + 1 if len(person) else 0, -1, np.intp)
        contact[person[self.first]] = np.arange(len(self.first))
        return contact[person]

    def contacts(self) -> NDArray[np.int64]:
        """How many contacts each arm has."""
        return np.bincount(self.arm[self.arm >= 0], minlength=len(self.arms)).astype(np.int64)

    @property
    def left_out(self) -> int:
        return int((self.arm == SEVERAL).sum())


@dataclass(frozen=True, slots=True)
class Done:
    """What contacts did after exposure: an event each, in the order of rows."""

    row: NDArray[np.intp]
    contact: NDArray[np.intp]

    def converted(self, contacts: int) -> NDArray[np.bool_]:
        """Whether each contact did it at all."""
        did = np.zeros(contacts, np.bool_)
        did[self.contact] = True
        return did

    def first_only(self) -> "Done":
        """Each contact's first."""
        keep = np.ones(len(self.contact), np.bool_)
        keep[1:] = self.contact[1:] != self.contact[:-1]
        return Done(self.row[keep], self.contact[keep])


def assign(
    rows: EventRows, exposed: NDArray[np.bool_], field: str, arms: Sequence[Scalar] | None, until: int
) -> Assigned:
    """`exposed` marks the exposures, of which those before `until` (epoch ms) count.

    Without `arms` every value of the exposures is one, in the order of their text.
    """
    coded = rows.fields[field]
    shown = exposed & (rows.at < until)
    named = tuple(arms) if arms is not None else _values_in(coded.codes[shown], coded.values)
    arm_of_row = _places(coded.values, named)[coded.codes] if len(rows) else np.zeros(0, np.int64)
    at = np.flatnonzero(shown & (arm_of_row != NONE))
    person = _person_of_row(rows)[at]
    begins = np.flatnonzero(np.concatenate(([True], person[1:] != person[:-1]))) if len(at) else at
    own = arm_of_row[at]
    if len(at):
        lowest, highest = np.minimum.reduceat(own, begins), np.maximum.reduceat(own, begins)
        arm = np.where(lowest == highest, lowest, SEVERAL)
    else:
        arm = own
    return Assigned(rows, named, arm_of_row, at[begins], arm, int(shown.sum()) - len(at))


def done_after(
    assigned: Assigned, wanted: NDArray[np.bool_], window_ms: int | None, *, of_the_arm: bool = False
) -> Done:
    """Events of `wanted` later in sequence than their person's first exposure, at most `window_ms` after it.

    With `of_the_arm` only events that carry the arm's own value.
    """
    rows = assigned.rows
    row = np.flatnonzero(wanted)
    contact = assigned.contact_of_row[row]
    row, contact = row[contact >= 0], contact[contact >= 0]
    first = assigned.first[contact]
    counts = row > first
    if window_ms is not None:
        counts &= rows.at[row] - rows.at[first] <= window_ms
    if of_the_arm:
        counts &= assigned.arm_of_row[row] == assigned.arm[contact]
    return Done(row[counts], contact[counts])


def amounts_by_arm(assigned: Assigned, done: Done) -> dict[str, list[int]]:
    """By currency, the sum of ten-thousandths in each arm; exact."""
    amounts, currencies = assigned.rows.amounts, assigned.rows.currencies
    if amounts is None or currencies is None:
        return {}
    arm, code, amount = assigned.arm[done.contact], currencies.codes[done.row], amounts[done.row]
    found: dict[str, list[int]] = {}
    for one in np.unique(code[arm >= 0]):
        if currency := currencies.values[one]:
            sums = np.zeros(len(assigned.arms), np.int64)
            chosen = (code == one) & (arm >= 0)
            np.add.at(sums, arm[chosen], amount[chosen])
            found[str(currency[0])] = sums.tolist()
    return dict(sorted(found.items()))


def _person_of_row(rows: EventRows) -> NDArray[np.intp]:
    number = np.zeros(len(rows), np.intp)
    number[1:] = np.cumsum(rows.people[1:] != rows.people[:-1])
    return number


def _values_in(codes: NDArray[np.int32], values: Sequence[tuple[Scalar, ...]]) -> tuple[Scalar, ...]:
    found = {_key(value): value for code in np.unique(codes) for value in values[code]}
    return tuple(sorted(found.values(), key=lambda value: (str(value), str(type(value)))))


def _places(values: Sequence[tuple[Scalar, ...]], arms: Sequence[Scalar]) -> NDArray[np.int64]:
    """For each tuple of values, the arm it means."""
    place = {_key(arm): number for number, arm in enumerate(arms)}
    meant = [{place[_key(value)] for value in several if _key(value) in place} for several in values]
    return np.array([SEVERAL if len(one) > 1 else next(iter(one), NONE) for one in meant], np.int64)


def _key(value: Scalar) -> tuple[bool, Scalar]:
    """true is not 1."""
    return isinstance(value, bool), value
