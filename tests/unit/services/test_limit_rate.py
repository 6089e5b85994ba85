from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.adapters.memory.rate_limits import MemoryRateLimits
from touchline.errors import RateLimited, TooLarge
from touchline.services.limit_rate import RateLimiter

from tests.unit.services.accepting import ACME, NOW

SLOW = replace(ACME, events_per_second=10)  # 100 in a window


@given(sizes=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 60)), max_size=60))
def test_no_more_than_the_limit_passes_whatever_the_number_of_containers(sizes: list[tuple[int, int]]) -> None:
    shared = MemoryRateLimits()
    containers = [RateLimiter(shared) for _ in range(4)]
    passed = 0
    for container, events in sizes:
        try:
            containers[container].use(SLOW, events, NOW)
        except RateLimited:
            continue
        passed += events
    assert passed <= 100


def test_a_refusal_says_when_the_next_window_begins() -> None:
    limiter = RateLimiter(MemoryRateLimits())
    limiter.use(SLOW, 100, NOW + 4_000)
    with pytest.raises(RateLimited) as refusal:
        limiter.use(SLOW, 1, NOW + 4_000)
    assert refusal.value.retry_after_seconds == 6
    with pytest.raises(RateLimited):
        limiter.check(SLOW, NOW + 9_999)
    limiter.check(SLOW, NOW + 10_000)
    limiter.use(SLOW, 1, NOW + 10_000)


def test_small_requests_share_one_write() -> None:
    class Counting(MemoryRateLimits):
        calls = 0

        def use(self, tenant: str, window: int, events: int, expires: int) -> int:
            self.calls += 1
            return super().use(tenant, window, events, expires)

    limits = Counting()
    limiter = RateLimiter(limits)
    for _ in range(80):
        limiter.use(ACME, 1, NOW)
    assert limits.calls == 10


def test_what_waiting_cannot_heal_is_too_large() -> None:
    with pytest.raises(TooLarge):
        RateLimiter(MemoryRateLimits()).use(SLOW, 101, NOW)
