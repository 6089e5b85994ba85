"""People as small numbers: whether somebody was counted already is then looked up instead of sorted for."""

from collections.abc import Sequence
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from touchline.adapters.columns.people import NOBODY, Keys, Merges, positions
from touchline.adapters.columns.tables import SomeRows

type Numbers = NDArray[np.int32]


class PeopleNumbers:
    """Of one tenant's persons, in the order in which they were first seen."""

    def __init__(self, merges: Merges) -> None:
        self.merges = merges
        self._keys: Keys = NOBODY  # rising
        self._numbers: Numbers = np.zeros(0, np.int32)  # of these keys
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._keys)

    def of(self, tables: Sequence[SomeRows]) -> list[Numbers]:
        """By table, the number of each of its actors' persons."""
        with self._lock:
            new = [table for table in tables if self._held(table) is None]
            if new:
                self._add([self.merges.person_keys(table) for table in new])
                for table in new:
                    places = positions(self._keys, self.merges.person_keys(table))
                    table.remember("people_numbers", (self, self._numbers[places]))
            return [found for table in tables if (found := self._held(table)) is not None]

    def _held(self, table: SomeRows) -> Numbers | None:
        held = table.remembered("people_numbers")
        return None if held is None or held[0] is not self else held[1]

    def _add(self, keys: Sequence[Keys]) -> None:
        seen = np.unique(np.concatenate(keys))
        fresh = seen[positions(self._keys, seen) < 0]
        joined = np.concatenate([self._keys, fresh])
        numbers = np.concatenate([self._numbers, np.arange(len(self._keys), len(joined), dtype=np.int32)])
        order = np.argsort(joined, kind="stable")
        self._keys, self._numbers = joined[order], numbers[order]
