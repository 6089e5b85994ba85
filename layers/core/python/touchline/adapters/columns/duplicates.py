"""An event that is in two tables of a day counts once: as the version that was accepted first."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from touchline.adapters.columns.layout import ID_STEP
from touchline.adapters.columns.tables import TAIL, EventTable

type Mask = NDArray[np.bool_]


def counting_rows(tables: Sequence[tuple[EventTable, Mask | None]]) -> list[Mask | None]:
    """By table of one day, the rows that count; None where all do. Given: those that may.

    Of an id's versions the one with the smallest sequence counts, of equal ones that of the first table.
    """
    if len(tables) < 2 and all(_alone(table) for table, _ in tables):
        return [mask for _, mask in tables]
    numbers = np.concatenate([id_numbers(table) for table, _ in tables])
    sequences = np.concatenate([table.sequences for table, _ in tables])
    may = np.concatenate([np.ones(table.rows, np.bool_) if mask is None else mask for table, mask in tables])
    places = np.flatnonzero(may)
    order = places[np.lexsort((sequences[places], numbers[places]))]
    later = numbers[order][1:] == numbers[order][:-1]
    may[order[1:][later]] = False
    bounds = np.cumsum([0, *(table.rows for table, _ in tables)])
    masks = [may[first:last] for first, last in pairwise(bounds.tolist())]
    return [None if mask.all() else mask for mask in masks]


def id_numbers(table: EventTable) -> NDArray[np.uint64]:
    """64 bits of each id. Ids are made by a hash: two of ten million share these with a chance of 3 in a million."""
    found = table.remembered("id_numbers")
    if found is None:
        words = np.ascontiguousarray(table.ids).view(np.uint64).reshape(table.rows, table.ids.itemsize // ID_STEP)
        mixed = np.zeros(table.rows, np.uint64)
        for word in words.T:
            mixed = (mixed ^ word) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
        found = table.remember("id_numbers", mixed)
    numbers: NDArray[np.uint64] = found
    return numbers


def _alone(table: EventTable) -> bool:
    """Whether the table has each id once: those of the archive's days have."""
    return not table.name.startswith(TAIL)
