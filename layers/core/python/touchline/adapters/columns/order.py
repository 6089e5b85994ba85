"""In which order a person's events come: time, then sequence, then `_id`."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def event_order(
    keys: NDArray[Any], at: NDArray[Any], sequences: NDArray[np.int64], ids: NDArray[np.bytes_]
) -> NDArray[np.intp]:
    """By key, then as a person's events come. Ids are compared only where all the rest is equal: they are long."""
    order = np.lexsort((sequences, at, keys))
    k, a, s = keys[order], at[order], sequences[order]
    tied = (k[1:] == k[:-1]) & (a[1:] == a[:-1]) & (s[1:] == s[:-1])
    if not tied.any():
        return order
    among = np.concatenate((tied, [False])) | np.concatenate(([False], tied))
    places = np.flatnonzero(among)
    group = np.cumsum(~np.concatenate(([False], tied)))[places]
    order[places] = order[places][np.lexsort((ids[order[places]], group))]
    return order
