"""Events of parts of the people, put together again."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from touchline.domain.properties import Scalar
from touchline.domain.sequences.rows import Coded, EventRows

type Values = tuple[Scalar, ...]


def joined(parts: Sequence[EventRows]) -> EventRows:
    """At least one, of the same question, nobody in two of them: a person's events stay adjacent, and in order."""
    if len(parts) == 1:
        return parts[0]
    return EventRows(
        np.concatenate([one.people for one in parts]),
        np.concatenate([one.at for one in parts]),
        np.concatenate([one.marks for one in parts]),
        {name: join_coded([one.fields[name] for one in parts]) for name in parts[0].fields},
        _together([one.amounts for one in parts]),
        join_coded([one.currencies for one in parts if one.currencies is not None]) if parts[0].currencies else None,
        _together([one.ids for one in parts]),
        _together([one.sequences for one in parts]),
    )


def join_coded(parts: Sequence[Coded]) -> Coded:
    """With one code for the same values."""
    codes: dict[object, int] = {(): 0}
    values: list[Values] = [()]
    found = []
    for one in parts:
        own = np.zeros(len(one.values), np.int32)
        for place, several in enumerate(one.values):
            key = tuple((type(value), value) for value in several)  # true is not 1
            if key not in codes:
                codes[key] = len(values)
                values.append(several)
            own[place] = codes[key]
        found.append(own[one.codes])
    return Coded(np.concatenate(found), tuple(values))


def _together(parts: Sequence[NDArray[Any] | None]) -> NDArray[Any] | None:
    there = [one for one in parts if one is not None]
    return np.concatenate(there) if there else None
