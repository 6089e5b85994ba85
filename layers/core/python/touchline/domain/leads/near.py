"""Leads whose values are alike: all pairs within blocks, scored by one library and in whole numbers.

Scores do not depend on how the list was cut: a block is always whole, and its pairs are taken in the order of ids.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler, Levenshtein

from touchline.domain.leads.dedupe_rules import SCORE_SCALE, Method, NearPart

type Numbers = npt.NDArray[np.int64]
type Mask = npt.NDArray[np.bool_]

SCORERS: Final[dict[Method, Any]] = {
    "jaro_winkler": JaroWinkler.normalized_similarity,
    "levenshtein": Levenshtein.normalized_similarity,
}
SMALL: Final = 8  # leads of a block: of fewer, pairs of many blocks are scored in one call
PAIRS_AT_ONCE: Final = 1 << 20  # keeps a function's memory where it is, whatever the blocks


def near_links(blocks: pl.DataFrame, near: Sequence[NearPart], cluster_cap: int) -> pl.DataFrame:
    """`left`, `right` (ids), `key` (of the block).

    Where a lead is alike to `cluster_cap` others or more, all that hang together with it in the block are linked to
    the first of them only: such a group is set aside whatever its links are, and its pairs may be half a million.
    """
    rows = blocks.sort("key", "id", *(f"near_{n}" for n in range(len(near))))
    if rows.is_empty():
        return pl.DataFrame(schema={"left": pl.Int64, "right": pl.Int64, "key": pl.UInt128})
    texts = [rows[f"near_{n}"].to_numpy().astype(object) for n in range(len(near))]
    starts = np.flatnonzero(np.append(True, (rows["key"] != rows["key"].shift()).to_numpy()[1:])).astype(np.int64)
    ends = np.append(starts[1:], rows.height)
    ids = rows["id"].to_numpy()
    found = list(_alike(starts, ends, texts, near, cluster_cap))
    left = np.concatenate([one for one, _ in found]) if found else np.empty(0, np.int64)
    right = np.concatenate([one for _, one in found]) if found else np.empty(0, np.int64)
    links = pl.DataFrame({"left": ids[left], "right": ids[right], "key": rows["key"].gather(left)})
    return links.filter(pl.col("left") != pl.col("right")).unique()


def _alike(
    starts: Numbers, ends: Numbers, texts: Sequence[npt.NDArray[Any]], near: Sequence[NearPart], cluster_cap: int
) -> Iterator[tuple[Numbers, Numbers]]:
    """Pairs of rows that are alike in everything."""
    sizes = ends - starts
    small = sizes < SMALL
    yield from _of_small(starts[small], sizes[small], texts, near)
    for start, end in zip(starts[~small].tolist(), ends[~small].tolist(), strict=True):
        alike = np.triu(np.ones((end - start, end - start), bool), 1)
        for one, column in zip(near, texts, strict=True):
            values = column[start:end].tolist()
            alike &= _whole(process.cdist(values, values, scorer=SCORERS[one.method], dtype=np.float64)) >= one.at_least
        left, right = _thinned(alike, cluster_cap)
        yield left + start, right + start


def _thinned(alike: Mask, cluster_cap: int) -> tuple[Numbers, Numbers]:
    """`alike`: above the diagonal."""
    both = alike | alike.T
    done = np.zeros(len(alike), bool)
    stars = [np.empty((2, 0), np.int64)]
    for row in np.flatnonzero(both.sum(axis=0) >= cluster_cap).tolist():
        if not done[row]:
            together = _reached(both, row)
            done |= together
            first, *others = np.flatnonzero(together).tolist()
            stars.append(np.array([[first] * len(others), others], np.int64))
    pairs = np.array(np.nonzero(alike & ~done[:, None]), np.int64)
    left, right = np.concatenate([pairs, *stars], axis=1)
    return left, right


def _reached(both: Mask, row: int) -> Mask:
    seen = np.zeros(len(both), bool)
    new = seen.copy()
    new[row] = True
    while new.any():
        seen |= new
        new = both[new].any(axis=0) & ~seen
    return seen


def _of_small(
    starts: Numbers, sizes: Numbers, texts: Sequence[npt.NDArray[Any]], near: Sequence[NearPart]
) -> Iterator[tuple[Numbers, Numbers]]:
    most = SMALL * SMALL // 2
    step = max(1, PAIRS_AT_ONCE // most)
    for first in range(0, len(starts), step):
        left, right = _pairs(starts[first : first + step], sizes[first : first + step])
        for one, column in zip(near, texts, strict=True):
            scores = process.cpdist(
                column[left].tolist(), column[right].tolist(), scorer=SCORERS[one.method], dtype=np.float64
            )
            alike = _whole(scores) >= one.at_least
            left, right = left[alike], right[alike]
        yield left, right


def _pairs(starts: Numbers, sizes: Numbers) -> tuple[Numbers, Numbers]:
    """All pairs of rows of each block."""
    pairs = [np.triu_indices(size, 1) for size in range(SMALL)]
    left = [(starts[sizes == size, None] + pairs[size][0]).ravel() for size in range(2, SMALL)]
    right = [(starts[sizes == size, None] + pairs[size][1]).ravel() for size in range(2, SMALL)]
    return np.concatenate(left), np.concatenate(right)


def _whole(scores: npt.NDArray[np.float64]) -> Numbers:
    return np.rint(scores * SCORE_SCALE).astype(np.int64)
