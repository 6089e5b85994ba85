from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.marketo.connections import Share
from touchline.domain.marketo.ledger import (
    LedgerDay,
    Reservation,
    current,
    day_at,
    next_reset,
    released,
    reservable_calls,
    reserved,
    used,
)
from touchline.errors import MarketoLimitReached

SHARE = Share(calls_a_day=100, bytes_a_day=1_000)
DAY = LedgerDay("2026-11-22", 1_795_413_600_000, 0, 0)


def ms(*when: int) -> int:
    return round(datetime(*when, tzinfo=ZoneInfo("America/Chicago")).timestamp() * 1000)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("now", "day", "resets_at", "hours"),
    [
        (ms(2026, 11, 22, 12), "2026-11-22", ms(2026, 11, 23), 24),
        (ms(2026, 11, 22), "2026-11-22", ms(2026, 11, 23), 24),
        (ms(2026, 11, 22) - 1, "2026-11-21", ms(2026, 11, 22), 24),
        (ms(2026, 3, 8, 1, 59), "2026-03-08", ms(2026, 3, 9), 23),
        (ms(2026, 11, 1, 12), "2026-11-01", ms(2026, 11, 2), 25),
    ],
)
def test_a_day_begins_at_midnight_in_chicago(now: int, day: str, resets_at: int, hours: int) -> None:
    found = day_at(now)
    assert (found.day, found.resets_at) == (day, resets_at)
    assert day_at(resets_at - 1).day == day
    assert day_at(resets_at - hours * 3_600_000).day == day
    assert day_at(resets_at - hours * 3_600_000 - 1).day < day


@given(st.integers(ms(2020, 1, 1), ms(2037, 12, 31)))
def test_days_follow_each_other_without_gap(now: int) -> None:
    today = day_at(now)
    tomorrow = day_at(today.resets_at)
    assert now < today.resets_at <= now + 25 * 3_600_000
    assert datetime.fromisoformat(tomorrow.day) - datetime.fromisoformat(today.day) == timedelta(days=1)
    assert day_at(today.resets_at - 1) == today


def test_what_is_kept_ends_with_its_day() -> None:
    noon = ms(2026, 11, 22, 12)
    kept = used(current(None, noon), None, 3, 0, SHARE)
    assert current(kept, kept.resets_at - 1) is kept
    assert current(kept, kept.resets_at) == day_at(kept.resets_at)
    assert current(kept, noon - 24 * 3_600_000) is kept


@pytest.mark.parametrize(
    ("now", "resets_at"),
    [
        (ms(2026, 11, 22, 12), ms(2026, 11, 23)),
        (ms(2027, 7, 1, 12), ms(2027, 7, 2)),
        (ms(2027, 7, 2), ms(2027, 7, 2, 1)),
        (ms(2027, 7, 2, 1), ms(2027, 7, 3)),
    ],
    ids=["winter", "summer", "an hour too early", "the second chance"],
)
def test_a_reset_in_summer_has_two_chances(now: int, resets_at: int) -> None:
    assert next_reset(now) == resets_at


@given(st.integers(ms(2020, 1, 1), ms(2037, 12, 31)))
def test_a_reset_is_in_the_coming_day(now: int) -> None:
    assert now < next_reset(now) <= day_at(now).resets_at


class Books:
    """Steps as they come, with what was used counted beside the ledger."""

    def __init__(self) -> None:
        self.day = DAY
        self.calls = self.bytes = 0

    def step(self, kind: str, execution: str | None, calls: int, size: int) -> None:
        before = self.day
        try:
            if kind == "reserve":
                self.day = reserved(self.day, Reservation(execution or "?", calls, size), SHARE)
            elif kind == "release":
                self.day = released(self.day, execution or "?")
            else:
                self.day = used(self.day, execution, calls, size, SHARE)
                self.calls, self.bytes = self.calls + calls, self.bytes + size
                if kind == "use half":
                    self.day = used(self.day, execution, 0, -(size // 2), SHARE)
                    self.bytes -= size // 2
        except MarketoLimitReached:
            assert self.day is before


AMOUNT = st.integers(0, 60)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["reserve", "use", "use half", "release"]),
        st.sampled_from(["a", "b", "c", None]),
        AMOUNT,
        AMOUNT,
    ),
    max_size=40,
)


@given(STEPS)
def test_what_is_used_and_reserved_never_exceeds_the_share(steps: list[Any]) -> None:
    books = Books()
    for kind, execution, calls, size in steps:
        books.step(kind, execution, calls, size * 10)
        day = books.day
        assert (day.calls_used, day.bytes_used) == (books.calls, books.bytes)
        assert day.calls_used + sum(one.calls for one in day.reservations) <= SHARE.calls_a_day
        assert day.bytes_used + sum(one.bytes for one in day.reservations) <= SHARE.bytes_a_day
        assert all(one.calls >= 0 and one.bytes >= 0 for one in day.reservations)
        assert len({one.execution for one in day.reservations}) == len(day.reservations)


@given(STEPS, st.integers(1, 100))
def test_what_is_reserved_can_be_used_whatever_others_do(steps: list[Any], calls: int) -> None:
    books = Books()
    books.day = reserved(books.day, Reservation("mine", calls, 0), SHARE)
    for kind, execution, amount, size in steps:
        books.step(kind, execution, amount, size)
    for _ in range(calls):
        books.day = used(books.day, "mine", 1, 0, SHARE)
    with_nothing_left = replace(SHARE, calls_a_day=books.day.calls_used)
    with pytest.raises(MarketoLimitReached, match="1 calls are needed"):
        used(books.day, "mine", 1, 0, with_nothing_left)


def test_a_reservation_takes_the_place_of_the_earlier_one() -> None:
    day = reserved(DAY, Reservation("a", 90, 0), SHARE)
    day = reserved(day, Reservation("a", 100, 500), SHARE)
    assert day.reservations == (Reservation("a", 100, 500),)
    with pytest.raises(MarketoLimitReached) as reached:
        reserved(day, Reservation("b", 1, 0), SHARE)
    assert (reached.value.limit, reached.value.until) == ("daily_calls", DAY.resets_at)
    with pytest.raises(MarketoLimitReached) as reached:
        reserved(day, Reservation("b", 0, 501), SHARE)
    assert reached.value.limit == "daily_bytes"
    assert "501 bytes are needed; of this connection's 1,000 a day 500 are neither used nor reserved" in str(
        reached.value
    )


def test_more_than_was_reserved_is_taken_from_what_is_free() -> None:
    day = used(reserved(DAY, Reservation("a", 10, 100), SHARE), "a", 15, 40, SHARE)
    assert (day.calls_used, day.bytes_used, day.reservations) == (15, 40, (Reservation("a", 0, 60),))
    assert released(day, "a").reservations == released(released(day, "a"), "a").reservations == ()


def test_under_a_lowered_share_nothing_is_granted_until_it_holds_again() -> None:
    day = reserved(DAY, Reservation("a", 50, 0), SHARE)
    lower = replace(SHARE, calls_a_day=40)
    with pytest.raises(MarketoLimitReached):
        used(day, None, 1, 0, lower)
    with pytest.raises(MarketoLimitReached):
        used(day, "a", 1, 0, lower)
    assert used(released(day, "a"), None, 40, 0, lower).calls_used == 40


@pytest.mark.parametrize(("share", "reservable"), [(10_000, 9_900), (1_000, 900), (100, 90), (5, 5)])
def test_a_plan_for_whole_days_leaves_calls_to_people(share: int, reservable: int) -> None:
    plan = Share(calls_a_day=share)
    assert reservable_calls(plan) == reservable
    day = used(DAY, None, share - reservable, 0, plan)
    assert reserved(day, Reservation("a", reservable, 0), plan).reservations


def test_what_was_not_used_after_all_is_the_executions_again() -> None:
    day = used(reserved(DAY, Reservation("a", 0, 1_000), SHARE), "a", 1, 600, SHARE)
    day = used(day, "a", 0, -200, SHARE)
    assert (day.calls_used, day.bytes_used, day.reservations) == (1, 400, (Reservation("a", 0, 600),))
    assert used(released(day, "a"), "a", 0, -100, SHARE).bytes_used == 300
    assert used(DAY, None, 0, -100, SHARE) == DAY
