"""An answer worked on by one worker among several, some of which are lost, late or called off."""

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from touchline.adapters.memory.results import MemoryJobs, MemoryResults
from touchline.adapters.memory.revised_items import MemoryAnswers
from touchline.domain.answers import MOST_OPEN, SILENT_MS, WAITED_MS, Answer
from touchline.errors import NotFound, TakesTooLong, TooLarge, TooManyAnswers
from touchline.services.answer_later import LONGEST_BODY, Desk, ask_later, call_off, look_at, result_key
from touchline.services.sources import Work
from touchline.services.work_on_answer import Shift, work_on_answer

NOW = 1_795_000_000_000


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def desk() -> Desk:
    made = Desk(MemoryAnswers(), MemoryJobs(), MemoryResults())
    ask_later(made, "acme", "timeseries", "{}", answer_id="a1", now=NOW)
    return made


def shift(clock: Callable[[], int] = lambda: NOW, worker: str = "w", **more: Any) -> Shift:
    return Shift(worker, clock, NOW + 100_000, beat_seconds=0.005, **more)


def state(desk: Desk, now: int = NOW) -> Answer:
    return look_at(desk, "acme", "a1", now)


def test_a_solved_answer_has_its_result(desk: Desk) -> None:
    assert work_on_answer(desk, "acme", "a1", shift(), lambda answer, _: answer.id.encode()) == "done"
    assert (state(desk).state, state(desk).size) == ("done", 2)
    assert desk.results.get(result_key(state(desk))) == b"a1"
    assert work_on_answer(desk, "acme", "a1", shift(), lambda *_: b"again") == "done"
    assert desk.results.get(result_key(state(desk))) == b"a1"


def test_it_tells_how_far_it_is_while_it_is_worked_on(desk: Desk) -> None:
    seen: list[tuple[int, int]] = []
    told = Event()

    def solve(answer: Answer, work: Work) -> bytes:
        work.reach(2, 5)
        assert told.wait(10)
        now = state(desk)
        seen.append((now.done, now.of))
        return b"{}"

    def alive() -> None:
        told.set()

    work_on_answer(desk, "acme", "a1", shift(alive=alive), solve)
    assert seen == [(2, 5)]
    assert (state(desk).done, state(desk).of) == (5, 5)


def test_called_off_in_the_middle_it_stops_at_the_next_piece(desk: Desk) -> None:
    def solve(answer: Answer, work: Work) -> bytes:
        work.reach(0, 2)
        assert call_off(desk, "acme", "a1", NOW).state == "cancelled"
        for _ in range(10_000):
            Event().wait(0.001)
            work.reach(1, 2)
        raise AssertionError("nobody stopped it")

    assert work_on_answer(desk, "acme", "a1", shift(), solve) == "cancelled"
    assert state(desk).state == "cancelled"
    with pytest.raises(NotFound):
        desk.results.get(result_key(state(desk)))


def test_called_off_at_the_last_moment_it_stays_called_off(desk: Desk) -> None:
    def solve(answer: Answer, work: Work) -> bytes:
        call_off(desk, "acme", "a1", NOW)
        return b"{}"

    assert work_on_answer(desk, "acme", "a1", shift(), solve) == "cancelled"
    assert state(desk).state == "cancelled"


def test_a_second_worker_leaves_it_to_the_first_while_that_one_lives(desk: Desk) -> None:
    def solve(answer: Answer, work: Work) -> bytes:
        assert work_on_answer(desk, "acme", "a1", shift(worker="second"), lambda *_: b"second") == "busy"
        return b"first"

    assert work_on_answer(desk, "acme", "a1", shift(), solve) == "done"
    assert desk.results.get(result_key(state(desk))) == b"first"


def test_a_worker_that_comes_back_after_it_was_given_up_changes_nothing(desk: Desk) -> None:
    """It was frozen for longer than it may be silent: another took over meanwhile, and is done."""
    clock = Clock()

    def solve(answer: Answer, work: Work) -> bytes:
        clock.now += SILENT_MS + 1
        late = Shift("second", clock, NOW + 10**9, beat_seconds=1_000)
        assert work_on_answer(desk, "acme", "a1", late, lambda *_: b"second") == "done"
        clock.now += 1
        return b"first"

    frozen = Shift("first", clock, NOW + 10**9, beat_seconds=1_000)
    assert work_on_answer(desk, "acme", "a1", frozen, solve) == "cancelled"
    assert (state(desk).state, state(desk).tries, state(desk).worker) == ("done", 2, "second")
    assert desk.results.get(result_key(state(desk, clock.now))) == b"second"


def test_what_is_not_done_in_the_longest_time_says_so(desk: Desk) -> None:
    clock = Clock()

    def solve(answer: Answer, work: Work) -> bytes:
        clock.now += 100_000
        work.reach(1, 2)
        raise AssertionError

    assert work_on_answer(desk, "acme", "a1", shift(clock), solve) == "failed"
    found = state(desk, clock.now)
    assert found.problem is not None
    assert (found.state, found.problem["code"]) == ("failed", TakesTooLong.code)


def test_what_was_never_asked_for_or_has_expired_is_not_there(desk: Desk) -> None:
    for tenant, answer, now in (("other", "a1", NOW), ("acme", "a2", NOW), ("acme", "a1", NOW + 7 * 86_400_000)):
        with pytest.raises(NotFound):
            look_at(desk, tenant, answer, now)


def test_a_question_that_the_table_cannot_hold_is_refused_before_it_is_kept(desk: Desk) -> None:
    with pytest.raises(TooLarge):
        ask_later(desk, "acme", "timeseries", "x" * (LONGEST_BODY + 1), answer_id="a2", now=NOW)
    assert desk.answers.get("acme", "a2") is None


def test_a_workspace_has_twenty_answers_under_way_at_most(desk: Desk) -> None:
    def ask(number: int, tenant: str = "acme", now: int = NOW) -> None:
        ask_later(desk, tenant, "timeseries", "{}", answer_id=f"b{number}", now=now)

    for number in range(MOST_OPEN - 1):
        ask(number)
    before = len(desk.jobs.waiting)  # type: ignore[attr-defined]
    with pytest.raises(TooManyAnswers, match=r"20 answers .* call one off") as refused:
        ask(99)
    assert refused.value.retry_after_seconds > 0
    assert len(desk.jobs.waiting) == before  # type: ignore[attr-defined]
    ask(99, tenant="other")
    call_off(desk, "acme", "b3", NOW)
    ask(99)
    ask(100, now=NOW + WAITED_MS + 1)  # all of them have failed by then
