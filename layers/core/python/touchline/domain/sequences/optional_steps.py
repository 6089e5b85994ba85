"""Steps that may be left out: found within chains that were made without them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from touchline.domain.sequences.chains import NONE, Beginnings, Marked, Occurrences, Track
from touchline.domain.sequences.funnels import Funnel


def with_optional(
    funnel: Funnel, track: Track, marks: Sequence[Marked], begins: Beginnings, reached: NDArray[np.int32]
) -> NDArray[np.int32]:
    """[chains, all steps]: optional ones have the earliest event after what was done before, and before what came next.

    `reached`: [chains, required steps]; `marks`: by step, of each entry.
    """
    if len(funnel.required) == len(funnel.steps):
        return reached
    found = np.full((len(begins), len(funnel.steps)), NONE, np.int32)
    found[:, list(funnel.required)] = reached
    chains, here = np.arange(len(begins)), begins.entries.copy()
    for step in range(1, len(funnel.steps)):
        if step not in funnel.required:
            following = Occurrences.of(marks[step]).after(here)
            inside = track.reachable(begins, chains, following)
            inside = inside[_between(funnel, found[inside], step, following[inside])]
            found[inside, step] = following[inside]
        here = np.where(found[:, step] == NONE, here, found[:, step])
    return found


def _between(funnel: Funnel, found: NDArray[np.int32], step: int, entries: NDArray[np.intp]) -> Marked:
    """Whether the required step before was done, and the next one, if it was, later than these entries."""
    before = max(one for one in funnel.required if one < step)
    between = found[:, before] != NONE
    for later in [one for one in funnel.required if one > step][:1]:
        between &= (found[:, later] == NONE) | (entries < found[:, later])
    return np.asarray(between)
