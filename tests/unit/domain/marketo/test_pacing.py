from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.marketo.connections import Share
from touchline.domain.marketo.limits import CALLS_AT_ONCE, CALLS_IN_WINDOW, WINDOW_MS
from touchline.domain.marketo.pacing import (
    RECOVERY_MS,
    Caller,
    PaceState,
    calls_at_once,
    calls_in_window,
    entered,
    left,
    slowed,
)

NEVER = 10**15
SHARE = Share()


def enter(state: PaceState, share: Share, now: int, place: str = "p", holds_ms: int = 60_000) -> Any:
    return entered(state, share, now, Caller(place, holds_ms, NEVER))


def most_in_a_window(times: list[int]) -> int:
    return max((sum(begin <= at <= begin + WINDOW_MS for at in times) for begin in times), default=0)


@given(
    calls=st.integers(1, 200),
    steps=st.lists(
        st.tuples(st.integers(0, 30_000) | st.just(0), st.sampled_from(["", "", "", "", "606", "615"])), max_size=120
    ),
)
def test_no_20_seconds_hold_more_than_the_share(calls: int, steps: list[Any]) -> None:
    share = Share(calls_in_20_seconds=calls, calls_at_once=9)
    state, now, times = PaceState(), 1_000_000, []
    for wait, trouble in steps:
        now += wait
        if trouble:
            state = slowed(state, now, trouble)
        state, turn = enter(state, share, now)
        assert turn.at >= now
        if turn.place:
            times.append(turn.at)
            state = left(state, turn.place)
    assert most_in_a_window(times) <= min(calls, 90) < CALLS_IN_WINDOW


@given(st.integers(1, 200))
def test_who_asks_all_the_time_gets_nearly_the_share(calls: int) -> None:
    share = Share(calls_in_20_seconds=calls)
    state, times = PaceState(), []
    for _ in range(400):
        state, turn = enter(state, share, now=0)
        times.append(turn.at)
        state = left(state, "p")
    wanted = min(calls, 90)
    assert most_in_a_window(times) >= max(1, wanted - wanted // 9 - 1)


@given(
    at_once=st.integers(1, 20),
    steps=st.lists(st.tuples(st.integers(0, 5_000), st.sampled_from(["enter", "leave", "615"])), max_size=80),
)
def test_calls_in_flight_never_exceed_the_share(at_once: int, steps: list[Any]) -> None:
    share = Share(calls_at_once=at_once)
    state, now, flying = PaceState(), 0, list[str]()
    for number, (wait, kind) in enumerate(steps):
        now += wait
        if kind == "leave" and flying:
            state = left(state, flying.pop(0))
        elif kind == "615":
            state = slowed(state, now, "615")
        else:
            state, turn = enter(state, share, now, f"p{number}", NEVER)
            flying += [turn.place] if turn.place else []
        assert len(flying) <= min(at_once, 9) < CALLS_AT_ONCE
        assert {place for place, _ in state.places} == set(flying)


def test_after_a_rest_a_few_calls_may_be_made_at_once() -> None:
    state, times = PaceState(), []
    for _ in range(7):
        state, turn = enter(state, SHARE, now=0)
        times.append(turn.at)
        state = left(state, "p")
    assert times == [0, 0, 0, 0, 0, 500, 1_000]


def test_the_place_of_who_died_is_forgotten() -> None:
    share = replace(SHARE, calls_at_once=1)
    state, _ = enter(PaceState(), share, now=0, place="dead", holds_ms=5_000)
    state, turn = enter(state, share, now=4_999, place="next")
    assert (turn.place, turn.at) == (None, 5_249)
    state, turn = enter(state, share, now=5_000, place="next")
    assert (turn.place, turn.at) == ("next", 5_000)
    assert left(left(state, "next"), "next").places == ()


def test_who_cannot_wait_takes_nothing() -> None:
    state = slowed(PaceState(), 0, "606")
    same, turn = entered(state, SHARE, 0, Caller("p", 1, latest=19_999))
    assert (same, turn.at, turn.place, turn.code) == (state, 20_000, None, "606")
    _, turn = entered(state, SHARE, 0, Caller("p", 1, latest=20_000))
    assert (turn.at, turn.place, turn.code) == (20_000, "p", "606")


def test_too_fast_means_a_window_of_rest_then_half_the_rate() -> None:
    state = slowed(PaceState(), 1_000, "606")
    assert calls_in_window(state, SHARE, 1_000) == 22
    assert slowed(state, 1_100, "606").rate == state.rate  # told to several at once
    assert calls_in_window(slowed(state, 21_001, "606"), SHARE, 21_001) < 22
    assert calls_at_once(state, SHARE, 1_000) == SHARE.calls_at_once
    levels = [calls_in_window(state, SHARE, 1_000 + after) for after in range(0, RECOVERY_MS, 1_000)]
    assert levels == sorted(levels)
    assert levels[-1] == SHARE.calls_in_20_seconds


def test_too_many_at_once_means_half_as_many() -> None:
    state = slowed(PaceState(), 0, "615")
    assert (calls_at_once(state, SHARE, 0), calls_at_once(state, SHARE, RECOVERY_MS)) == (2, 4)
    assert calls_in_window(state, SHARE, 0) == SHARE.calls_in_20_seconds
    _, turn = enter(state, SHARE, 0)
    assert (turn.at, turn.code) == (2_000, "615")


@pytest.mark.parametrize(("until", "rests"), [(None, 600_000), (5_000, 5_000), (NEVER, 600_000)])
def test_a_used_up_quota_is_not_hammered(until: int | None, rests: int) -> None:
    state = slowed(PaceState(), 0, "607", until)
    _, turn = entered(state, SHARE, 0, Caller("p", 1, latest=100))
    assert (turn.at, turn.place, turn.code) == (rests, None, "607")
    assert slowed(state, 0, "615").resting_for == ("607" if rests > 2_000 else "615")
