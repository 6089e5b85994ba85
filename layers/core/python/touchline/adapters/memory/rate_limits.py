"""Events used per tenant and window, counted in memory."""

from collections import Counter


class MemoryRateLimits:
    def __init__(self) -> None:
        self._used: Counter[tuple[str, int]] = Counter()

    def use(self, tenant: str, window: int, events: int, expires: int) -> int:
        self._used[tenant, window] += events
        return self._used[tenant, window]
