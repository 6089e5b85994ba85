"""What is kept of an execution after each kind of step, whoever marked it meanwhile."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.marketo.bookkeeping import (
    MOST_PROBLEMS,
    back_off,
    failed_once_more,
    holds,
    is_finished,
    is_held,
    released,
    run_of,
    stepped,
    taken_up,
    troubled,
)
from touchline.domain.marketo.executions import STAGES, Execution, Problem, Stage, State, Usage
from touchline.domain.marketo.services import ListReference, Service
from touchline.domain.marketo.steps import Again, Ask, Back, Done, News, Spread, Step, Wait

NOW = 1_780_315_200_000
SERVICE = Service("s-1", "g-1", "c-1", "dedupe", "Clean", ListReference("static", 7, "Everybody"))
BEGUN = Execution("e-1", "acme", SERVICE)
NOTHING = Usage()
STEPS: list[Step] = [Done({"n": 1}), Again({"n": 1}), Wait({"n": 1}, "why", "code", NOW + 5), Ask({"n": 1}, "why")]


def at_work(stage: Stage = "work", **more: Any) -> Execution:
    return replace(taken_up(BEGUN, stage, "run-1", NOW, 60_000), **more)


@pytest.mark.parametrize(
    ("step", "state"),
    [
        (Done(), "running"),
        (Again({}), "running"),
        (Spread({}, []), "running"),
        (STEPS[2], "waiting"),
        (STEPS[3], "awaiting_approval"),
    ],
    ids=lambda one: type(one).__name__ if not isinstance(one, str) else one,
)
def test_a_step_says_in_which_state_it_leaves_the_execution(step: Step, state: State) -> None:
    assert stepped(at_work(), "work", step, NOTHING, NOW).state == state


@pytest.mark.parametrize("mark", ["stopping", "queued"])
@pytest.mark.parametrize("step", STEPS, ids=lambda step: type(step).__name__)
def test_a_mark_that_was_set_meanwhile_stays_and_what_was_found_as_well(mark: State, step: Step) -> None:
    after = stepped(at_work(state=mark), "work", step, Usage(2, 3), NOW)
    assert after.state == mark
    assert after.checkpoints["work"]["n"] == 1
    assert after.usage == Usage(2, 3)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=8))
def test_what_is_used_adds_up(used: list[tuple[int, int]]) -> None:
    execution = at_work()
    for calls, size in used:
        execution = stepped(execution, "work", Again({}), Usage(calls, size), NOW)
    assert execution.usage == Usage(sum(calls for calls, _ in used), sum(size for _, size in used))


@pytest.mark.parametrize("stage", STAGES[1:])
def test_begun_anew_it_forgets_the_stages_from_the_export_on_and_says_why(stage: Stage) -> None:
    execution = at_work(stage, checkpoints={"run": {}, **{one: {"finished": True} for one in STAGES}})
    after = stepped(execution, stage, Back("because", "why"), NOTHING, NOW)
    kept = [one for one in STAGES if one in after.checkpoints]
    assert kept == ["reserve", *STAGES[STAGES.index(stage) + 1 :]]
    assert (run_of(after)["backs"], after.problems) == (1, (Problem(stage, "why", "because"),))


def test_what_is_begun_anew_for_no_fault_is_no_problem() -> None:
    after = stepped(at_work("work"), "work", Back("because", "why", is_problem=False), NOTHING, NOW)
    assert (run_of(after)["backs"], after.problems) == (1, ())


def test_a_finished_stage_is_known_and_no_other() -> None:
    after = stepped(at_work(), "work", Done({"n": 1}), NOTHING, NOW)
    assert [stage for stage in STAGES if is_finished(after, stage)] == ["work"]


def test_one_run_holds_it_until_it_lets_go_or_its_time_is_over() -> None:
    held = at_work()
    assert holds(held, "run-1")
    assert not is_held(held, "run-1", NOW)
    assert is_held(held, "run-2", NOW + 59_999)
    assert not is_held(held, "run-2", NOW + 60_000)
    assert not is_held(released(held), "run-2", NOW)


def test_waits_in_a_row_are_counted_from_the_first() -> None:
    once = stepped(at_work(), "work", STEPS[2], NOTHING, NOW)
    twice = stepped(once, "work", STEPS[2], NOTHING, NOW + 9)
    assert run_of(twice)["waiting_since"] == NOW
    assert run_of(stepped(twice, "work", Again({}), NOTHING, NOW))["waiting_since"] is None


def test_the_longer_marketo_is_away_the_longer_is_waited() -> None:
    execution, waited = at_work(), []
    for _ in range(8):
        waited.append(back_off(execution, 30, 900))
        execution = failed_once_more(execution)
    assert waited == [30, 60, 120, 240, 480, 900, 900, 900]
    assert back_off(stepped(execution, "work", Again({}), NOTHING, NOW), 30, 900) == 30


def test_news_take_the_place_of_earlier_news_where_they_say_anything() -> None:
    execution = stepped(at_work(), "work", Again({}, News(done=1, of=4, leads=9, results={"a": 1})), NOTHING, NOW)
    after = stepped(execution, "work", Again({}, News(done=2, changes=3, results={"b": 2})), NOTHING, NOW + 100)
    assert (after.progress.done, after.progress.of, after.progress.leads, after.progress.changes) == (2, 4, 9, 3)
    assert after.results == {"a": 1, "b": 2}
    assert after.progress.took == {"work": 100}


@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10**7), st.booleans()), max_size=8))
def test_what_a_stage_takes_is_counted_once_and_without_standstills(rounds: list[tuple[int, int, bool]]) -> None:
    execution, now, expected = BEGUN, NOW, 0
    for worked, waited, quota in rounds:
        execution = taken_up(execution, "work", "run-1", now, 60_000)
        now += worked
        code = "daily_calls" if quota else "import_running"
        execution = released(stepped(execution, "work", Wait({}, "why", code, now + waited), NOTHING, now))
        now += waited
        expected += worked + (0 if quota else waited)
    execution = taken_up(execution, "work", "run-1", now, 60_000)
    assert stepped(execution, "work", Done(), NOTHING, now).progress.took == {"work": expected}


def test_a_stage_that_is_done_anew_is_counted_anew() -> None:
    execution = stepped(at_work("export"), "export", Done(), NOTHING, NOW + 7)
    execution = stepped(taken_up(execution, "poll", "run-1", NOW + 7, 60_000), "poll", Back("", ""), NOTHING, NOW + 9)
    assert execution.progress.took == {}


def test_a_run_that_was_replaced_counts_no_more() -> None:
    execution = replace(at_work(), checkpoints={"run": {"holder": "run-1", "until": NOW}})
    assert stepped(execution, "work", Again({}), NOTHING, NOW + 9).progress.took == {}


def test_a_problem_is_told_once_and_there_are_never_too_many() -> None:
    execution = at_work()
    for number in range(2 * MOST_PROBLEMS):
        execution = troubled(execution, Problem("work", "code", f"{number // 2}"))
    assert [problem.message for problem in execution.problems] == [str(number) for number in range(MOST_PROBLEMS)]


def test_another_stage_counts_from_nothing() -> None:
    first = stepped(at_work("poll"), "poll", Done({}, News(done=3, of=3, leads=9)), NOTHING, NOW)
    second = taken_up(first, "download", "run-1", NOW + 5, 60_000)
    assert (second.progress.stage, second.progress.done, second.progress.of, second.progress.leads) == (
        *("download", 0, None),
        9,
    )
