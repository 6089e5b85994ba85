"""Step Functions: retries wait as their Retry says.

Fault: services/stepfunctions.py ignores MaxDelaySeconds and JitterStrategy of a Retry.
AWS: never waits longer than MaxDelaySeconds; with FULL jitter, any time up to the delay.
Without it: the fifth retry of a part of a replay waits minutes here.
"""

import random
from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions


def delay(retrier: dict[str, Any], earlier: int, draw: Callable[[float, float], float]) -> float:
    """Seconds to wait before the next attempt, `earlier` having been made by this retrier."""
    seconds = float(retrier.get("IntervalSeconds", 1)) * float(retrier.get("BackoffRate", 2.0)) ** earlier
    seconds = min(seconds, float(retrier.get("MaxDelaySeconds", seconds)))
    return draw(0, seconds) if retrier.get("JitterStrategy") == "FULL" else seconds


def _with_delay(original: Callable[..., Any]) -> Callable[..., Any]:
    def find(retriers: list[dict[str, Any]], error: str, counts: dict[int, int]) -> Any:
        retrier, index = original(retriers, error, counts)
        if retrier is None:
            return retrier, index
        seconds = delay(retrier, counts.get(index, 0), random.uniform)
        return {**retrier, "IntervalSeconds": seconds, "BackoffRate": 1.0}, index

    return find


def apply() -> None:
    stepfunctions._find_matching_retrier = _with_delay(stepfunctions._find_matching_retrier)
