"""Who is behind a number of an answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class PeopleBehind:
    """`people`: the `person_key`s, each once, in any order: as many as the number says, unless it is one of entries.

    `names`: their persons' ids where whoever found them knows these; others are asked of EventColumns.
    """

    cell: str  # in words: "people who reached step 2, 'Opened'"
    people: NDArray[np.uint64]
    as_of: int  # epoch ms
    names: Mapping[int, str] = field(default_factory=dict)
    entries: int | None = None  # the number itself, where it counts entries: a person may have several
