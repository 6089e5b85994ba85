"""Whose events they are: actors' keys turned into their persons', and which persons a question is about."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import count

import numpy as np
from numpy.typing import NDArray

from touchline.adapters.columns.tables import EventTable, SomeRows
from touchline.domain.people import person_key
from touchline.domain.sequences.rows import Part

type Keys = NDArray[np.uint64]

_numbers = count()
NOBODY: Keys = np.zeros(0, np.uint64)


class Merges:
    """Actors that are another person than themselves; `people` is actor id → the id of its person."""

    def __init__(self, people: Mapping[str, str]) -> None:
        self.people = people
        self.number = next(_numbers)  # another one for each state of who is who
        pairs = [(person_key(actor), person_key(person)) for actor, person in people.items() if actor != person]
        found = np.array(sorted(pairs), np.uint64).reshape(-1, 2)
        self._actors, self._persons = found[:, 0].copy(), found[:, 1].copy()
        self.persons = np.unique(self._persons)  # those of several actors

    def moved(self, actors: Keys) -> NDArray[np.bool_]:
        """Which of the keys are actors that belong to another person."""
        return positions(self._actors, actors) >= 0

    def members_of(self, people: Iterable[int]) -> dict[int, list[str]]:
        """Of persons with several actors: all of their ids, the person's own first."""
        return {key: self._members[key] for key in people if key in self._members}

    @cached_property
    def _members(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        for actor, person in sorted(self.people.items()):
            members = found.setdefault(person_key(person), [person])
            if actor != person:
                members.append(actor)
        return found

    def person_keys(self, table: SomeRows) -> Keys:
        """By actor of the table. The same array for as long as the merges and the table are the same."""
        held = table.remembered("person_keys")
        if held is None or held[0] is not self:
            held = table.remember("person_keys", (self, self._of(table.actor_keys)))
        found: Keys = held[1]
        return found

    def _of(self, actor_keys: Keys) -> Keys:
        places = positions(self._actors, actor_keys)
        moved = places >= 0
        if not moved.any():
            return actor_keys
        found = actor_keys.copy()
        found[moved] = self._persons[places[moved]]
        return found


def positions(among: Keys, wanted: Keys) -> NDArray[np.intp]:
    """Where in the rising `among` each wanted key is; -1 for those that are not there."""
    if not len(among):
        return np.full(len(wanted), -1, np.intp)
    places = np.searchsorted(among, wanted)
    places[places == len(among)] = 0
    return np.where(among[places] == wanted, places, -1)


def inside(among: Keys, wanted: Keys) -> NDArray[np.bool_]:
    return positions(among, wanted) >= 0


def actors_of(table: EventTable, merges: Merges, part: Part, people: Keys | None) -> NDArray[np.intp]:
    """Whose persons are of the part and, where `people` are given, among these: places in the table, rising."""
    keys = merges.person_keys(table)
    low, high = _bounds(part)
    if keys is table.actor_keys:  # rising
        first, last = np.searchsorted(keys, low, "left"), np.searchsorted(keys, high, "right")
        found = np.arange(first, last)
    else:
        found = np.flatnonzero((keys >= low) & (keys <= high))
    return found if people is None else found[inside(people, keys[found])]


def _bounds(part: Part) -> tuple[np.uint64, np.uint64]:
    """The part of a key is `key * of >> 64`: those from the first of these to the second."""
    low = -(-(part.number << 64) // part.of)
    high = -(-((part.number + 1) << 64) // part.of) - 1
    return np.uint64(low), np.uint64(high)
