"""Whose rows lie in several tables of a day, or come from several actors: only theirs have to be sorted anew."""

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from touchline.adapters.columns.assembly import Piece
from touchline.adapters.columns.people import Keys, Merges


def mingled(pieces: Sequence[Piece], merges: Merges) -> Keys:
    """Rising, each once."""
    found = [merges.persons]
    for _, group in groupby(pieces, key=lambda piece: piece.table.day_start):
        of_day = list(group)
        if len(of_day) > 1:
            people = [np.unique(piece.person_keys) for piece in of_day]
            keys, times = np.unique(np.concatenate(people), return_counts=True)
            found.append(keys[times > 1])
    return np.unique(np.concatenate(found))
