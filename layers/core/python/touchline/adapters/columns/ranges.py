"""Ranges of numbers, laid out one after the other."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

type Places = NDArray[np.intp]


def expand(codes: NDArray[Any], starts: Places) -> tuple[Places, Places]:
    """Each code's range of numbers, from its start to the next one's: which code each is of, and the number."""
    lengths = (starts[1:] - starts[:-1])[codes]
    places = np.repeat(np.arange(len(codes)), lengths)
    within = np.arange(len(places)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return places, starts[codes][places] + within
