"""When an execution will have ended: what holds of every estimate, and executions that go as planned."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.marketo.bookkeeping import stepped, taken_up
from touchline.domain.marketo.connections import Share
from touchline.domain.marketo.estimating import estimated, estimated_end
from touchline.domain.marketo.executions import STAGES, Execution, Progress, Stage, State, Usage, Waiting
from touchline.domain.marketo.ledger import DAY_MS, day_at
from touchline.domain.marketo.planning import Job, plan
from touchline.domain.marketo.services import ListReference, Service
from touchline.domain.marketo.steps import Done, News

NOW = 1_780_315_200_000  # 2026-06-01 12:00 UTC
MIDNIGHT = day_at(NOW).resets_at
SERVICE = Service("s-1", "g-1", "c-1", "dedupe", "Clean", ListReference("static", 7, "Everybody"))
TEN = ("integer", "email", *["string"] * 5, "boolean", "datetime", "datetime")
MARK, MERGE = Job(TEN, "fields", 4), Job(TEN, "merges", 4)


def begun(job: Job = MARK, leads: int = 100_000, share: Share | None = None, **more: Any) -> Execution:
    planned = plan(job, share or Share(), leads=leads).facts()
    return replace(Execution("e-1", "acme", SERVICE, plan=planned, created_at=NOW), **more)


def at(execution: Execution, stage: Stage, *, done: int = 0, of: int | None = None, **more: Any) -> Execution:
    """`stage` is under way, and those before it are done."""
    earlier = {one: {"finished": True} for one in STAGES[: STAGES.index(stage)]}
    return replace(
        execution, state="running", checkpoints=earlier, progress=Progress(stage=stage, done=done, of=of, **more)
    )


def test_before_it_begins_it_takes_what_was_planned() -> None:
    execution = begun()
    assert estimated_end(execution, NOW) == NOW + 1000 * sum(execution.plan["seconds_by_stage"].values())


@pytest.mark.parametrize("job", [MARK, MERGE, Job(TEN, "nothing")])
def test_an_execution_that_goes_as_planned_ends_when_it_was_said_all_along(job: Job) -> None:
    execution, now = begun(job, leads=9_000), NOW
    seconds = execution.plan["seconds_by_stage"]
    end = NOW + 1000 * sum(seconds.values())
    for stage in STAGES:
        execution = taken_up(execution, stage, "run-1", now, 60_000)
        assert estimated_end(execution, now) == end
        now += 1000 * seconds.get(stage, 0)
        found = News(leads=9_000, changes=execution.plan["changes"], results={"groups": execution.plan["merges"]})
        execution = estimated(stepped(execution, stage, Done({}, found), Usage(), now), now)
        assert execution.progress.estimated_end == end
    assert now == end


def test_half_of_a_stage_takes_as_long_as_the_other_half() -> None:
    execution = at(begun(), "download", done=5, of=10, took={"download": 60_000})
    rest = sum(execution.plan["seconds_by_stage"][stage] for stage in ("work", "write_back", "verify", "report"))
    assert estimated_end(execution, NOW) == NOW + 60_000 + 1000 * rest


def test_ten_times_the_leads_take_ten_times_as_long_to_work_on() -> None:
    few, many = (at(begun(), "download", done=10, of=10, leads=leads) for leads in (100_000, 1_000_000))
    seconds = few.plan["seconds_by_stage"]
    grown = 9_000 * (seconds["work"] + seconds["write_back"])
    assert estimated_end(many, NOW) == estimated_end(few, NOW) + grown


def test_where_nothing_is_to_be_written_nobody_waits_for_it() -> None:
    execution = at(begun(), "work", done=1, of=1, changes=0, leads=100_000)
    execution = replace(execution, checkpoints={"work": {"finished": True}})
    assert estimated_end(execution, NOW) == NOW + 10_000  # verified and reported


def test_merges_take_the_days_that_their_calls_take() -> None:
    """109,000 calls at 10,000 a day: on the eleventh day after this one the last are made."""
    execution = begun(MERGE, leads=1_000_000)
    assert execution.plan["days"] == 12
    assert estimated_end(execution, NOW) == MIDNIGHT + 10 * DAY_MS


def test_what_was_written_before_the_merges_does_not_make_merging_quicker() -> None:
    execution = begun(MERGE, leads=1_000_000, share=Share(calls_a_day=1_000_000))
    merges = execution.plan["merges"]
    merging = at(
        execution, "write_back", done=150_000, of=150_000 + merges, leads=1_000_000, took={"write_back": 300_000}
    )
    merging = replace(merging, results={"groups": merges})
    assert (estimated_end(merging, NOW) or 0) > NOW + 1000 * merges


def test_an_extract_over_the_share_is_read_tomorrow() -> None:
    execution = begun(leads=1_000_000, share=Share(bytes_a_day=100_000_000))
    assert (estimated_end(execution, NOW) or 0) >= MIDNIGHT


def test_nobody_knows_when_a_person_agrees() -> None:
    assert estimated_end(replace(at(begun(), "approve"), state="awaiting_approval"), NOW) is None


def test_without_a_plan_nothing_is_known() -> None:
    assert estimated_end(Execution("e-1", "acme", SERVICE), NOW) is None


executions = st.builds(
    lambda job, leads, share, stage, done, of, took, state, wait, found, merged: replace(
        at(begun(job, leads, share), stage, done=done, of=of, took={stage: took}, leads=found, changes=found),
        state=state,
        waiting=None if wait is None else Waiting("why", "code", NOW + wait),
        results={"groups": merged},
    ),
    st.sampled_from([MARK, MERGE, Job(TEN, "nothing"), replace(MARK, closure=True)]),
    st.integers(0, 10**7),
    st.builds(Share, st.integers(100, 10**6), st.integers(10**6, 10**10)),
    st.sampled_from(STAGES),
    st.integers(0, 1_000),
    st.none() | st.integers(0, 1_000),
    st.integers(0, 10**8),
    st.sampled_from(["running", "waiting", "queued"]),
    st.none() | st.integers(-(10**8), 10**8),
    st.none() | st.integers(0, 10**7),
    st.integers(0, 10**6),
)


@given(executions)
def test_it_never_ends_in_the_past_nor_before_its_wait(execution: Execution) -> None:
    end = estimated_end(execution, NOW)
    assert end is not None
    assert end >= NOW
    assert execution.waiting is None or end >= execution.waiting.until


@given(executions)
def test_once_the_last_stage_is_finished_it_ends_now(execution: Execution) -> None:
    done = {stage: {"finished": True} for stage in STAGES}
    over = replace(execution, checkpoints=done, waiting=None, progress=replace(execution.progress, stage="report"))
    assert estimated_end(over, NOW) == NOW


@given(executions, st.integers(1, 1_000))
def test_the_more_of_a_stage_is_done_the_earlier_it_ends(execution: Execution, more: int) -> None:
    progress = replace(execution.progress, of=1_000, done=max(1, execution.progress.done))
    further = replace(progress, done=min(1_000, progress.done + more))
    before, after = (estimated_end(replace(execution, progress=one), NOW) or 0 for one in (progress, further))
    assert after <= before


@given(executions)
def test_a_finished_stage_leaves_less_to_do(execution: Execution) -> None:
    stage = execution.progress.stage
    finished = replace(execution, checkpoints={**execution.checkpoints, stage: {"finished": True}})
    assert (estimated_end(finished, NOW) or 0) <= (estimated_end(execution, NOW) or 0)


@given(executions, st.sampled_from(["stopped", "failed", "completed", "stopping", "awaiting_approval"]))
def test_what_is_over_or_asks_has_no_estimate(execution: Execution, state: State) -> None:
    assert estimated_end(replace(execution, state=state), NOW) is None
