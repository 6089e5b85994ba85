"""States of an answer: whatever happens to its workers, it is over some day, and says how."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.answers import (
    GIVEN_UP_MS,
    MOST_TRIES,
    SILENT_MS,
    WAITED_MS,
    Answer,
    as_seen,
    cancelled,
    done,
    failed,
    heard,
    new_answer,
    put_back,
    taken,
)

NOW = 1_795_000_000_000
NEW = new_answer("acme", "a1", "timeseries", "{}", NOW)
PROBLEM = {"code": "store_unavailable", "status": 503, "detail": "…"}


def working(answer: Answer = NEW, now: int = NOW) -> Answer:
    mine = taken(answer, "w", now)
    assert mine is not None
    assert mine.state == "working"
    return mine


def test_an_answer_is_one_workers_until_it_is_silent() -> None:
    mine = working()
    assert taken(mine, "other", NOW + SILENT_MS) is None
    assert working(mine, NOW + SILENT_MS + 1).tries == 2
    alive = heard(mine, NOW + SILENT_MS, 3, 10)
    assert taken(alive, "other", NOW + SILENT_MS + 1) is None


def test_a_lost_worker_is_noticed_by_whoever_looks() -> None:
    mine = working()
    assert as_seen(mine, NOW + SILENT_MS).state == "working"
    assert as_seen(mine, NOW + SILENT_MS + 1).state == "waiting"
    given_up = as_seen(mine, NOW + GIVEN_UP_MS + 1)
    assert (given_up.state, given_up.problem["code"]) == ("failed", "worker_lost")  # type: ignore[index]


def test_waiting_is_no_loss_until_hours_have_passed() -> None:
    tried = put_back(working(), PROBLEM, NOW)
    for waiting in (NEW, tried):
        assert as_seen(waiting, NOW + WAITED_MS) is waiting
        assert working(waiting, NOW + WAITED_MS).tries == waiting.tries + 1
    never = as_seen(NEW, NOW + WAITED_MS + 1)
    assert (never.state, never.problem["code"]) == ("failed", "not_taken_up")  # type: ignore[index]
    assert as_seen(tried, NOW + WAITED_MS + 1).problem == PROBLEM


def test_three_workers_may_be_lost_and_no_fourth() -> None:
    answer, now = NEW, NOW
    for _ in range(MOST_TRIES):
        answer = working(answer, now)
        now += SILENT_MS + 1
    last = taken(answer, "w", now)
    assert last is not None
    assert (last.state, last.tries) == ("failed", MOST_TRIES)


def test_a_store_in_trouble_is_what_the_asker_hears_in_the_end() -> None:
    answer = NEW
    for _ in range(MOST_TRIES - 1):
        answer = put_back(working(answer), PROBLEM, NOW)
        assert (answer.state, answer.problem) == ("waiting", PROBLEM)
    assert put_back(working(answer), PROBLEM, NOW).state == "failed"


def test_the_rest_is_estimated_from_what_is_done() -> None:
    assert NEW.remaining_seconds(NOW) is None
    mine = heard(working(), NOW + 10_000, 1, 4)
    assert mine.remaining_seconds(NOW + 10_000) == 30
    assert heard(working(), NOW, 0, 4).remaining_seconds(NOW + 5_000) is None


STEPS = st.sampled_from(["take", "beat", "done", "fail", "back", "cancel", "look"])


@given(st.lists(st.tuples(STEPS, st.integers(0, GIVEN_UP_MS // 4)), max_size=30))
def test_what_is_over_stays_and_everything_is_over_some_day(steps: list[tuple[str, int]]) -> None:
    answer, now, over = NEW, NOW, None
    for step, passing in steps:
        now += passing
        before = answer
        if step == "take":
            answer = taken(answer, "w", now) or answer
        elif step == "cancel":
            answer = cancelled(answer, now)
        elif step == "look":
            as_seen(answer, now)
        elif answer.state == "working":
            answer = {
                "beat": heard(answer, now, 1, 2),
                "done": done(answer, 7, now),
                "fail": failed(answer, PROBLEM, now),
                "back": put_back(answer, PROBLEM, now),
            }[step]
        assert answer.revision == before.revision + (answer is not before)
        if over is not None:
            assert answer == over
        if answer.is_over:
            over = answer
    assert as_seen(answer, now + WAITED_MS + 1).is_over


def test_a_look_changes_nothing_of_what_is_over() -> None:
    for one in (done(working(), 7, NOW), failed(working(), PROBLEM, NOW), cancelled(NEW, NOW)):
        assert as_seen(one, NOW + 10 * GIVEN_UP_MS) is one
        assert taken(one, "w", NOW) is None
        assert cancelled(one, NOW) is one


def test_an_answer_expires_seven_days_after_it_was_asked_for() -> None:
    assert replace(NEW, since=NOW + 5).expires_at - NOW == 7 * 24 * 60 * 60 * 1_000
