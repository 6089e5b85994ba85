"""What all executions of a connection use together in a day: pure arithmetic.

The law: what is used and what is reserved are never more than the share. Where the share was lowered meanwhile, nothing
is granted until it holds again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from touchline.domain.marketo.connections import Share
from touchline.domain.marketo.limits import RESET_ZONE
from touchline.errors import MarketoLimitReached

UNPLANNED_CALLS: Final = 100
DAY_MS: Final = 86_400_000
CST_MIDNIGHT_MS: Final = 6 * 3_600_000  # after midnight UTC


@dataclass(frozen=True, slots=True)
class Reservation:
    """What one execution may still use today of its connection's share, whoever else asks."""

    execution: str
    calls: int
    bytes: int


@dataclass(frozen=True, slots=True)
class LedgerDay:
    """One connection's day, from one reset of the instance to the next."""

    day: str  # ISO date in the instance's zone
    resets_at: int  # epoch ms
    calls_used: int
    bytes_used: int
    reservations: tuple[Reservation, ...] = ()


def day_at(now: int) -> LedgerDay:
    """The day that `now` (epoch ms) is in, with nothing used: 23, 24 or 25 hours long."""
    day = datetime.fromtimestamp(now / 1000, ZoneInfo(RESET_ZONE)).date()
    return LedgerDay(day.isoformat(), _midnight(day + timedelta(days=1)), 0, 0)


def current(kept: LedgerDay | None, now: int) -> LedgerDay:
    """What is kept, unless its day is over. A clock that is slow does not bring yesterday back."""
    today = day_at(now)
    return kept if kept is not None and kept.day >= today.day else today


def next_reset(now: int) -> int:
    """When a quota that Marketo calls used up may be free again, at the earliest (epoch ms).

    Marketo speaks of midnight CST, and leaves open whether it keeps that in summer, when it is an hour after Chicago's.
    """
    same_all_year = (now // DAY_MS) * DAY_MS + CST_MIDNIGHT_MS
    return min(day_at(now).resets_at, same_all_year + (DAY_MS if same_all_year <= now else 0))


@lru_cache(maxsize=8)
def _midnight(day: date) -> int:
    begin = datetime.combine(day, time.min, ZoneInfo(RESET_ZONE))
    return round(begin.astimezone(UTC).timestamp() * 1000)


def reservable_calls(share: Share) -> int:
    """What one execution may ask for at most. The rest is for people who search, check and look on: without it a plan
    for whole days would wait for one on which nobody has made a single call."""
    return share.calls_a_day - min(UNPLANNED_CALLS, share.calls_a_day // 10)


def reserved(day: LedgerDay, wanted: Reservation, share: Share) -> LedgerDay:
    """With `wanted` in place of the execution's earlier reservation.

    Raises MarketoLimitReached where there is no room for it; what is asked for in vain takes nothing away.
    """
    others = [one for one in day.reservations if one.execution != wanted.execution]
    held_calls, held_bytes = _sums(others)
    _must_fit(day.calls_used + held_calls, wanted.calls, share.calls_a_day, "daily_calls", "calls", day)
    _must_fit(day.bytes_used + held_bytes, wanted.bytes, share.bytes_a_day, "daily_bytes", "bytes", day)
    return replace(day, reservations=_in_order([*others, wanted]))


def used(day: LedgerDay, execution: str | None, calls: int, size: int, share: Share) -> LedgerDay:
    """With so much used: of the execution's reservation as far as it goes, then of what is free.

    A negative `size` was said to be used and was not. Raises MarketoLimitReached where neither suffices.
    """
    if size < 0:
        day, size = _given_back(day, execution, -size), 0
    own = next((one for one in day.reservations if one.execution == execution), Reservation("", 0, 0))
    others = [one for one in day.reservations if one.execution != execution]
    left = Reservation(own.execution, max(0, own.calls - calls), max(0, own.bytes - size))
    held_calls, held_bytes = _sums([*others, left])
    _must_fit(day.calls_used + held_calls, calls, share.calls_a_day, "daily_calls", "calls", day)
    _must_fit(day.bytes_used + held_bytes, size, share.bytes_a_day, "daily_bytes", "bytes", day)
    kept = [*others, left] if left.calls or left.bytes else others
    return replace(
        day,
        calls_used=day.calls_used + calls,
        bytes_used=day.bytes_used + size,
        reservations=_in_order(kept),
    )


def _given_back(day: LedgerDay, execution: str | None, size: int) -> LedgerDay:
    kept = (replace(one, bytes=one.bytes + size) if one.execution == execution else one for one in day.reservations)
    return replace(day, bytes_used=max(0, day.bytes_used - size), reservations=tuple(kept))


def released(day: LedgerDay, execution: str) -> LedgerDay:
    return replace(day, reservations=tuple(one for one in day.reservations if one.execution != execution))


def _must_fit(taken: int, wanted: int, share: int, limit: str, what: str, day: LedgerDay) -> None:
    if wanted <= 0 or taken + wanted <= share:
        return
    free = max(0, share - taken)
    raise MarketoLimitReached(
        f"{wanted:,} {what} are needed; of this connection's {share:,} a day {free:,} are neither used nor reserved.",
        limit=limit,
        until=day.resets_at,
    )


def _sums(reservations: Iterable[Reservation]) -> tuple[int, int]:
    kept = list(reservations)
    return sum(one.calls for one in kept), sum(one.bytes for one in kept)


def _in_order(reservations: Iterable[Reservation]) -> tuple[Reservation, ...]:
    return tuple(sorted(reservations, key=lambda one: one.execution))
