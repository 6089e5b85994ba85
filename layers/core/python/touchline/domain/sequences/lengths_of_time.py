"""How long something took, for many people: mean, percentiles, and how many took about how long."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from touchline.domain.queries.clock import DAY

PERCENTS: Final = (25, 50, 75, 90, 95)
SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
# The last one is longer than any window.
EDGES: Final = (
    *(SECOND * n for n in (0, 1, 10)),
    *(MINUTE * n for n in (1, 5, 15, 30)),
    *(HOUR * n for n in (1, 2, 4, 8, 12)),
    *(DAY * n for n in (1, 2, 3, 4, 5, 6, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 270, 367)),
)


def time_facts(lengths: NDArray[np.int64]) -> dict[str, Any]:
    """`lengths` in ms. A percentile is the length that so many took at most: one that somebody did take."""
    if not len(lengths):
        return {"people": 0, "average_ms": None, "median_ms": None, "percentiles_ms": dict.fromkeys(map(str, PERCENTS))}
    found = np.percentile(lengths, PERCENTS, method="inverted_cdf").astype(np.int64).tolist()
    percentiles = dict(zip(map(str, PERCENTS), found, strict=True))
    return {
        "people": len(lengths),
        "average_ms": int(lengths.sum()) / len(lengths),
        "median_ms": percentiles["50"],
        "percentiles_ms": percentiles,
    }


def histogram(lengths: NDArray[np.int64], longest: int) -> list[dict[str, int]]:
    """From 0 to past `longest`, in lengths that people say; `to_ms` is not in the bar. It adds up to all lengths."""
    edges = EDGES[: int(np.searchsorted(EDGES, longest, "right")) + 1]
    counts = np.histogram(lengths, np.array(edges))[0].tolist()
    return [
        {"from_ms": start, "to_ms": end, "people": count}
        for start, end, count in zip(edges, edges[1:], counts, strict=False)
    ]
