"""At most a tenant's rate of events, in fixed windows of 10 s, counted for all containers together.

Never more than the limit passes in a window: tokens are counted before they are used. Two windows side by side bound
any 10 s by twice the limit. A container takes more tokens than it needs at once and uses them up before it asks again;
what it holds unused when the window ends is lost: at most LEASE_SHARE of the limit per container, so that a tenant near
its limit on many containers may be refused that much early.
"""

from dataclasses import dataclass
from typing import Final

from touchline.domain.tenancy import Tenant
from touchline.errors import RateLimited, TooLarge
from touchline.ports import RateLimits

WINDOW_SECONDS: Final = 10
LEASE_SHARE: Final = 0.01
LEASE_REQUESTS: Final = 8  # of the size of the one that asks
KEPT_SECONDS: Final = 60  # a count is of no use once its window is over; the table's TTL removes it


@dataclass(slots=True)
class _Window:
    begins: int  # epoch seconds
    tokens: int = 0
    exhausted: bool = False


class RateLimiter:
    """One per container; `check` and `use` take the time in epoch ms."""

    def __init__(self, limits: RateLimits) -> None:
        self._limits = limits
        self._windows: dict[str, _Window] = {}

    def check(self, tenant: Tenant, now: int) -> None:
        """Refuse early, before a body is read, where nothing is left for anyone."""
        window = self._window(tenant.id, now)
        if window.exhausted and window.tokens == 0:
            raise self._refusal(tenant, window, now)

    def use(self, tenant: Tenant, events: int, now: int) -> None:
        """Raises RateLimited; TooLarge where waiting would not help."""
        limit = tenant.events_per_second * WINDOW_SECONDS
        if events > limit:
            raise TooLarge(f"The request holds {events} events; the tenant may send {limit} in {WINDOW_SECONDS} s.")
        window = self._window(tenant.id, now)
        if window.tokens < events and not window.exhausted:
            self._lease(tenant.id, window, events, limit)
        if window.tokens < events:
            raise self._refusal(tenant, window, now)
        window.tokens -= events

    def _lease(self, tenant: str, window: _Window, events: int, limit: int) -> None:
        needed = events - window.tokens
        wanted = max(needed, min(int(limit * LEASE_SHARE), events * LEASE_REQUESTS))
        used = self._limits.use(tenant, window.begins, wanted, window.begins + WINDOW_SECONDS + KEPT_SECONDS)
        granted = max(0, wanted - max(0, used - limit))
        window.tokens += granted
        window.exhausted = granted < wanted

    def _window(self, tenant: str, now: int) -> _Window:
        begins = now // 1000 // WINDOW_SECONDS * WINDOW_SECONDS
        window = self._windows.get(tenant)
        if window is None or window.begins != begins:
            window = self._windows[tenant] = _Window(begins)
        return window

    def _refusal(self, tenant: Tenant, window: _Window, now: int) -> RateLimited:
        wait = max(1, window.begins + WINDOW_SECONDS - now // 1000)
        rate = tenant.events_per_second
        return RateLimited(f"More than {rate} events a second were sent; go on in {wait} s.", retry_after_seconds=wait)
