"""Executions begun, stopped, resumed and approved by people, in whatever stage they are."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.marketo.executions import STAGES, Stage
from touchline.errors import Conflict, MarketoLimitReached, MarketoUnavailable
from touchline.services.marketo.control_execution import (
    approve_execution,
    resume_execution,
    run_facts,
    start_execution,
    stop_execution,
)
from touchline.services.marketo.run_stage import Run, Time, run_stage

from tests.unit.services.marketo.leads import capitalise
from tests.unit.services.marketo.test_executions_run import names, world
from tests.unit.services.marketo.world import NOON, TENANT, World

WHOLE = [f"Ada {number}" for number in range(1, 41)]


def stop(made: World) -> str:
    """As the API does, and then the run of the machine that only closes."""
    stop_execution(made.executions, made.workflows, made.execution)
    facts = list(made.workflows.started.values())[-1]
    assert facts["close"] == "stopped"
    return made.close("stopped").status


def resume(made: World) -> None:
    resume_execution(made.executions, made.workflows, made.execution)


@pytest.mark.parametrize("stage", STAGES)
def test_it_stops_in_every_stage_and_goes_on_when_resumed(stage: Stage) -> None:
    made = world(polls=2)
    made.begin()
    made.run(until=lambda reached: reached == stage)
    assert stop(made) == "done"
    assert made.execution.state == "stopped"
    assert made.execution.ended_at is not None
    assert made.ledger.day(TENANT, made.connection, made.clock()).reservations == ()
    assert made.notices.told[-1][1] == "execution.stopped"
    resume(made)
    assert made.run() == "done"
    assert names(made) == WHOLE
    assert made.execution.attempt == 2
    assert made.marketo.calls["update_leads"] == 1


@pytest.mark.parametrize("working_files", [["import/"], ["import/", "plan/", "rows/", "extract/"]])
def test_what_expired_before_it_was_written_is_said_with_what_works(working_files: list[str]) -> None:
    """Changes are kept for longer, but are as old: who changed a lead since would lose that."""
    made = world(3_000)
    made.begin()
    made.marketo.faults["import_leads"] = [MarketoLimitReached("full", limit="import_queue", until=NOON + 90_000)]
    made.run(until=lambda stage: made.execution.waiting is not None)
    assert made.execution.progress.stage == "write_back"
    stop(made)
    for prefix in working_files:
        made.files.delete(TENANT, "e-1", prefix)
    resume(made)
    assert made.run() == "failed"
    (problem,) = made.execution.problems
    assert (problem.stage, problem.code) == ("write_back", "files_expired")
    assert "Run the service again" in problem.message
    assert made.marketo.calls["import_leads"] == 1
    made.begin("e-2")
    assert made.run() == "done"
    assert names(made) == [f"Ada {number}" for number in range(1, 3_001)]


def test_a_stop_calls_the_export_off() -> None:
    made = world(polls=50)
    made.begin()
    made.run(until=lambda stage: made.execution.waiting is not None)
    stop(made)
    assert [job.state for job in made.marketo.jobs.jobs.values()] == ["Cancelled"]
    resume(made)
    assert made.run() == "done"
    assert made.marketo.calls["create_export"] == 2
    assert names(made) == WHOLE


def test_a_stop_while_a_step_is_made_keeps_what_the_step_found() -> None:
    made = world()
    made.begin()
    made.run(until=lambda stage: stage == "write_back")
    update = made.marketo.update_leads

    def stopped_meanwhile(rows: object) -> object:
        stop_execution(made.executions, made.workflows, made.execution)
        return update(rows)  # type: ignore[arg-type]

    made.marketo.update_leads = stopped_meanwhile  # type: ignore[method-assign, assignment]
    assert made.stage("write_back").status == "ended"
    stopping = made.execution
    assert stopping.state == "stopping"
    assert stopping.checkpoints["write_back"]["written"] == 20
    assert made.close("stopped").status == "done"
    resume(made)
    made.run()
    assert made.marketo.calls["update_leads"] == 1


def test_a_run_that_is_resumed_while_it_works_makes_way_after_its_step() -> None:
    made = world()
    made.begin()
    made.run(until=lambda stage: stage == "write_back")
    update = made.marketo.update_leads

    def resumed_meanwhile(rows: object) -> object:
        resume(made)
        return update(rows)  # type: ignore[arg-type]

    made.marketo.update_leads = resumed_meanwhile  # type: ignore[method-assign, assignment]
    assert made.stage("write_back").status == "ended"
    assert (made.execution.attempt, made.execution.state) == (2, "queued")
    assert made.execution.checkpoints["write_back"]["written"] == 20
    made.marketo.update_leads = update  # type: ignore[method-assign]
    assert made.run() == "done"
    assert made.marketo.calls["update_leads"] == 1


def test_a_run_that_was_ended_from_outside_is_replaced_once_its_hold_is_over() -> None:
    made = world()
    made.begin()
    made.run(until=lambda stage: stage == "download")
    held = {**made.execution.checkpoints, "run": {"holder": "e-1-1", "until": NOON + 60_000}}
    made.change(checkpoints=held, state="running")
    resume(made)
    assert made.run() == "done"
    assert made.clock() >= NOON + 60_000
    assert names(made) == WHOLE


def test_who_closes_waits_for_the_step_that_is_being_made() -> None:
    made = world()
    made.begin()
    made.run(until=lambda stage: stage == "download")
    held = {**made.execution.checkpoints, "run": {"holder": "e-1-1", "until": NOON + 3_600_000}}
    made.change(checkpoints=held)
    stop_execution(made.executions, made.workflows, made.execution)
    before = made.clock()
    assert made.close("stopped").status == "done"
    assert made.clock() >= NOON + 3_600_000 > before


def test_a_run_that_was_replaced_does_nothing_more() -> None:
    made = world()
    made.begin()
    made.marketo.faults["create_export"] = [MarketoLimitReached("used up", limit="daily_calls", until=NOON + 9_000_000)]
    made.run(until=lambda stage: made.execution.state == "waiting")
    first = run_facts(made.execution)
    resume(made)
    assert first != run_facts(made.execution)
    assert made.run() == "done"
    late = run_stage(made.work, Run.told(first), "export", made.perform["export"], Time(lambda: 900))
    assert late.status == "ended"
    assert made.marketo.calls["create_export"] == 2  # the refused one, and one that was made


def test_what_waits_goes_on_at_once_when_resumed() -> None:
    made = world()
    made.begin()
    made.marketo.faults["create_export"] = [MarketoLimitReached("used up", limit="daily_calls", until=NOON + 9_000_000)]
    made.run(until=lambda stage: made.execution.state == "waiting")
    resume(made)
    made.run()
    assert made.execution.state == "completed"
    assert made.waited == [900]


def test_a_failed_execution_goes_on_where_it_failed() -> None:
    made = world()
    made.begin()

    def broken(work: object, execution: object) -> object:
        raise Conflict("Somebody's fault.")

    made.perform["work"] = broken  # type: ignore[assignment]
    assert made.run() == "failed"
    assert [problem.code for problem in made.execution.problems] == ["conflict"]
    made.perform["work"] = capitalise
    resume(made)
    assert made.run() == "done"
    assert made.marketo.calls["create_export"] == 1


def test_a_function_that_ends_without_a_word_is_said_so() -> None:
    made = world()
    made.begin()
    made.run(until=lambda stage: stage == "work")
    assert made.close("failed", "Lambda.Unknown").status == "failed"
    [problem] = made.execution.problems
    assert (problem.stage, problem.code) == ("download", "function_failed")
    assert "Lambda.Unknown" in problem.message


def test_who_stops_what_is_just_completed_is_heard() -> None:
    made = world()
    made.begin()
    made.run(until=lambda stage: stage == "report")
    made.stage("report")
    release = made.ledger.release

    def stopped_meanwhile(*about: object) -> None:
        made.ledger.release = release  # type: ignore[method-assign]
        stop_execution(made.executions, made.workflows, made.execution)
        release(*about)  # type: ignore[arg-type]

    made.ledger.release = stopped_meanwhile  # type: ignore[method-assign, assignment]
    assert made.close("completed").status == "done"
    assert made.execution.state == "stopped"
    assert [told[1] for told in made.notices.told] == ["execution.stopped"]


def test_an_export_that_cannot_be_called_off_keeps_trying_for_an_hour() -> None:
    made = world(polls=50)
    made.begin()
    made.run(until=lambda stage: made.execution.waiting is not None)
    made.marketo.faults["cancel_export"] = [MarketoUnavailable("Marketo does not answer.")] * 1_000
    begun = made.clock()
    stop(made)
    assert made.execution.state == "stopped"
    assert made.clock() - begun >= 3_600_000
    assert "could not be called off" in made.execution.problems[-1].message


def cautious_world() -> World:
    made = world()

    def cautious(work: object, execution: object) -> object:
        step = capitalise(work, execution)  # type: ignore[arg-type]
        return replace(step, checkpoint={**step.checkpoint, "ask_above_share": 0.1})

    made.perform["work"] = cautious  # type: ignore[assignment]
    return made


def test_what_waited_too_long_for_approval_has_expired_as_well() -> None:
    made = cautious_world()
    made.begin()
    assert made.run() == "asked"
    made.files.delete(TENANT, "e-1", "plan/")
    approve_execution(made.executions, made.workflows, made.execution, made.clock())
    assert made.run() == "failed"
    assert made.execution.problems[0].code == "files_expired"
    assert made.marketo.calls["update_leads"] == 0


def test_what_was_agreed_to_is_written() -> None:
    made = cautious_world()
    made.begin()
    assert made.run() == "asked"
    with pytest.raises(Conflict, match=r"Approve it, or stop it\."):
        resume(made)
    approve_execution(made.executions, made.workflows, made.execution, made.clock())
    approve_execution(made.executions, made.workflows, made.execution, made.clock())  # asked twice: once
    assert made.execution.attempt == 2
    assert made.run() == "done"
    assert names(made) == WHOLE


def test_a_service_has_one_execution_at_a_time() -> None:
    made = world()
    begun = made.begin()
    start_execution(made.executions, made.workflows, begun)  # asked twice: once
    with pytest.raises(Conflict, match="e-1"):
        made.begin("e-2")
    made.run()
    made.begin("e-2")
    with pytest.raises(Conflict, match="e-2"):
        resume_execution(made.executions, made.workflows, replace(made.get("e-1"), state="failed"))


@pytest.mark.parametrize("state", ["completed", "stopped", "failed"])
def test_what_has_ended_cannot_be_stopped_or_approved(state: str) -> None:
    made = world()
    made.begin()
    made.change(state=state)
    with pytest.raises(Conflict):
        stop_execution(made.executions, made.workflows, made.execution)
    with pytest.raises(Conflict):
        approve_execution(made.executions, made.workflows, made.execution, NOON)


@given(st.lists(st.integers(0, 25), min_size=1, max_size=4))
def test_stopped_and_resumed_anywhere_it_ends_as_if_it_had_not_been(pauses: list[int]) -> None:
    made = world(polls=3)
    made.begin()
    for rounds in pauses:
        left = iter(range(rounds))
        if made.run(until=lambda stage, left=left: next(left, None) is None) != "reached":  # type: ignore[misc]
            break
        stop(made)
        resume(made)
    if made.execution.state != "completed":
        assert made.run() == "done"
    assert names(made) == WHOLE
    assert made.execution.results["written"] == 20
