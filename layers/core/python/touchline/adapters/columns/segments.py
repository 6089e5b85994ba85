"""The people of a segment: how often each did what its conditions ask."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from touchline.adapters.columns.choosing import Choosing, both, rows_in
from touchline.adapters.columns.people import NOBODY, Keys, Merges, inside
from touchline.adapters.columns.tables import EventTable
from touchline.domain.queries.ranges import TimeRange
from touchline.domain.queries.segments import Condition, Segment

type Tables = Callable[[TimeRange], Sequence[tuple[EventTable, NDArray[np.bool_] | None]]]


def people_of(segment: Segment, tables: Tables, merges: Merges) -> Keys:
    """Rising. `tables` gives those of a span, each with the rows that count (None: all)."""
    everybody = _union(
        [
            _counted(Condition((), condition.span), tables, merges)[0]
            for condition in segment.conditions
            if condition.at_least == 0
        ]
    )
    found: Keys | None = None
    did = [_counted(condition, tables, merges) for condition in segment.conditions]
    active = _union([everybody, *(keys for keys, _ in did)])
    for condition, (keys, times) in zip(segment.conditions, did, strict=True):
        holds = _holding(condition, keys, times, active)
        found = holds if found is None else found[inside(holds, found)]
    return NOBODY if found is None else found


def _holding(condition: Condition, keys: Keys, times: NDArray[np.int64], active: Keys) -> Keys:
    most = np.iinfo(np.int64).max if condition.at_most is None else condition.at_most
    if condition.at_least == 0:
        return active[~inside(keys[times > most], active)]
    return keys[(times >= condition.at_least) & (times <= most)]


def _counted(condition: Condition, tables: Tables, merges: Merges) -> tuple[Keys, NDArray[np.int64]]:
    """Who did it, rising, and how often."""
    keys, times = [NOBODY], [np.zeros(0, np.int64)]
    for table, counting in tables(condition.span):
        mask = both(both(rows_in(table, condition.span), counting), Choosing(table).meeting(condition.filters))
        if mask is None:
            by_actor = np.diff(table.actor_starts)
        else:
            by_actor = np.bincount(table.actor_of_row[mask], minlength=len(table.actor_keys))
        did = by_actor > 0
        keys.append(merges.person_keys(table)[did])
        times.append(by_actor[did])
    found, number = np.unique(np.concatenate(keys), return_inverse=True)
    return found, np.bincount(number, np.concatenate(times), len(found)).astype(np.int64)


def _union(keys: Sequence[Keys]) -> Keys:
    return np.unique(np.concatenate([NOBODY, *keys]))
