"""A goal's past is computed part by part, told of, called off and gone on with; what comes out is what changes give."""

from dataclasses import replace
from typing import Any

import pytest
from touchline.adapters.memory.conversions import MemoryConversionStore, MemoryPersonEvents
from touchline.adapters.memory.event_columns import MemoryEventColumns
from touchline.adapters.memory.goals import MemoryGoals
from touchline.adapters.memory.identities import MemoryIdentities
from touchline.adapters.memory.progress import MemoryProgress
from touchline.adapters.memory.workflows import MemoryWorkflows
from touchline.domain.backfills import STALLED_MS, GoalProgress
from touchline.domain.goals import Goal
from touchline.domain.queries.filters import make_filter
from touchline.domain.queries.ranges import TimeRange
from touchline.errors import Conflict, NotFound, StoreUnavailable
from touchline.services import backfill_goal
from touchline.services.attribute_people import AttributionParts, Task, attribute_people
from touchline.services.backfill_goal import (
    Backfilling,
    attribute_part,
    fail_backfill,
    finish_backfill,
    plan_backfill,
)
from touchline.services.goal_progress import goal_progress
from touchline.services.start_backfill import begin_backfill, cancel_backfill

NOW = 1_795_000_000_000
DAY = 86_400_000
SPAN = TimeRange(NOW - 40 * DAY, NOW)
GOAL = Goal("g1", 1, "Bought", ((make_filter("action", "eq", "bought", "x"),),), touch_actions=("opened",))


def documents() -> list[dict[str, Any]]:
    actions = ("opened", "bought", "email_sent", "other", "opened")
    return [
        {
            "_id": f"e{n}",
            "@timestamp": NOW - 30 * DAY + n * 7_777_777,
            "sequence": n,
            "tenant": "acme",
            "id": f"e{n}",
            "action": actions[n % 5],
            "actor": {"id": f"p{n % 37}"},
            "context": {"campaign": f"c{n % 3}"},
        }
        for n in range(300)
    ]


class Work:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(backfill_goal, "EVENTS_A_PART", 50)
        monkeypatch.setattr(backfill_goal, "PEOPLE_AT_ONCE", 4)
        monkeypatch.setattr(backfill_goal, "ENTERED_AT_ONCE", 3)
        self.now = NOW
        self.goals = MemoryGoals()
        self.goals.add("acme", GOAL)
        self.store = MemoryConversionStore()
        self.progress = MemoryProgress()
        self.workflows = MemoryWorkflows()
        self.columns = MemoryEventColumns(documents())
        self.columns.as_of = NOW
        events = MemoryPersonEvents(documents())
        parts = AttributionParts(MemoryIdentities(), events, self.store)
        self.work = Backfilling(self.goals, self.columns, self.progress, parts, lambda: self.now, NOW - 400 * DAY)

    def begin(self, run: str = "r1", goal: Goal = GOAL, span: TimeRange | None = SPAN) -> dict[str, Any]:
        before = set(self.workflows.started)
        begin_backfill(self.progress, self.workflows, "acme", goal, span, kept=SPAN, run=run, now=self.now)
        (name,) = self.workflows.started.keys() - before
        return self.workflows.started[name]

    def run(self, told: dict[str, Any]) -> dict[str, Any]:
        planned = plan_backfill(self.work, told)
        for part in planned["parts"]:
            attribute_part(self.work, part)
        return finish_backfill(self.work, told, [])

    def told(self) -> GoalProgress:
        found = goal_progress(self.progress, "acme", "g1", self.now)
        assert found is not None
        return found

    def facts(self) -> dict[Any, Any]:
        return {
            place: {name: value for name, value in one.items() if name != "computed_at"}
            for place, one in self.store.documents.items()
        }


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    return Work(monkeypatch)


def test_all_parts_together_give_what_changes_of_everybody_give(work: Work) -> None:
    assert work.run(work.begin())["state"] == "done"
    other = MemoryConversionStore()
    parts = AttributionParts(MemoryIdentities(), work.work.attribution.events, other)
    everybody = dict.fromkeys((f"p{n}" for n in range(37)), 0)
    attribute_people(parts, Task("acme", [GOAL], NOW, NOW - 400 * DAY), everybody)
    assert work.store.documents == other.documents
    told = work.told()
    assert (told.state, told.under_way) == ("done", False)
    assert told.backfill.parts == told.parts_done == 6
    assert told.conversions == sum("kind" not in one for one in other.documents.values()) == 60


def test_it_can_be_called_off_and_gone_on_with_without_doing_parts_again(work: Work) -> None:
    told = work.begin()
    planned = plan_backfill(work.work, told)["parts"]
    attribute_part(work.work, planned[0])
    cancel_backfill(work.progress, "acme", "g1", NOW)
    assert work.told().state == "cancelled"
    assert attribute_part(work.work, planned[1]) == {"part": 1, "done": False}
    assert plan_backfill(work.work, told)["parts"] == []
    assert finish_backfill(work.work, told, [])["state"] == "cancelled"
    with pytest.raises(Conflict):
        cancel_backfill(work.progress, "acme", "g1", NOW)
    again = work.begin("r2")
    assert (again["run"], again["attempt"]) == ("r1", 2)
    assert [part["part"] for part in plan_backfill(work.work, again)["parts"]] == [1, 2, 3, 4, 5]
    # What the first attempt still does is over.
    assert attribute_part(work.work, planned[2]) == {"part": 2, "done": False}
    assert work.run(again)["state"] == "done"
    assert work.told().conversions == 60


def test_calling_off_stops_within_a_part(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    planned = plan_backfill(work.work, work.begin())["parts"]
    write = work.store.write

    def write_and_cancel(*given: Any) -> None:
        write(*given)
        if work.told().under_way:
            cancel_backfill(work.progress, "acme", "g1", NOW)

    monkeypatch.setattr(work.store, "write", write_and_cancel)
    assert not attribute_part(work.work, planned[0])["done"]
    assert 1 <= work.told().people <= 4


def test_failed_parts_are_told_and_done_by_the_next_attempt(work: Work) -> None:
    told = work.begin()
    for part in plan_backfill(work.work, told)["parts"][:4]:
        attribute_part(work.work, part)
    assert finish_backfill(work.work, told, ["StoreUnavailable", "StoreUnavailable"])["state"] == "failed"
    assert work.told().backfill.reason == "2 parts failed: StoreUnavailable"
    again = work.begin("r2")
    assert len(plan_backfill(work.work, again)["parts"]) == 2
    assert work.run(again)["state"] == "done"
    assert work.told().backfill.reason is None


@pytest.mark.parametrize("parts_done", [None, 0, 2])
def test_a_step_that_breaks_off_is_told_and_another_attempt_goes_on(work: Work, parts_done: int | None) -> None:
    told = work.begin()
    if parts_done is not None:
        for part in plan_backfill(work.work, told)["parts"][:parts_done]:
            attribute_part(work.work, part)
    assert fail_backfill(work.work, told, "Plan: ClientError")["state"] == "failed"
    assert (work.told().state, work.told().backfill.reason) == ("failed", "Plan: ClientError")
    assert plan_backfill(work.work, told)["parts"] == []
    again = work.begin("r2")
    assert fail_backfill(work.work, told, "Plan: ClientError")["state"] == "cancelled"  # of an attempt that is over
    assert work.told().under_way
    assert work.run(again)["state"] == "done"
    assert (work.told().conversions, work.told().backfill.reason) == (60, None)


def test_one_at_a_time_but_a_new_version_takes_the_place_of_the_old(work: Work) -> None:
    told = work.begin()
    with pytest.raises(Conflict):
        work.begin("r2")
    changed = replace(GOAL, version=2, counted="once")
    work.goals.replace("acme", changed, 1)
    assert plan_backfill(work.work, told)["parts"] == []
    second = work.begin("r2", changed)
    assert work.run(second)["state"] == "done"
    assert {one["goal_version"] for one in work.store.documents.values() if "goal" in one} == {2}
    third = work.begin("r3", changed)
    assert third["run"] == "r3"


def test_a_deleted_goal_is_computed_no_further(work: Work) -> None:
    planned = plan_backfill(work.work, work.begin())["parts"]
    work.goals.replace("acme", replace(GOAL, state="deleted"), 1)
    assert attribute_part(work.work, planned[0]) == {"part": 0, "done": False}


def test_how_long_it_takes_is_estimated_from_what_is_done(work: Work) -> None:
    planned = plan_backfill(work.work, work.begin())["parts"]
    assert work.told().seconds_left is None
    attribute_part(work.work, planned[0])
    attribute_part(work.work, planned[1])
    work.now += 10_000
    assert work.told().seconds_left == 20
    assert work.told().under_way


def test_a_run_that_tells_nothing_any_more_has_failed_and_can_be_gone_on_with(work: Work) -> None:
    work.begin()
    work.now += STALLED_MS + 1
    assert work.told().state == "failed"
    assert work.begin("r2")["attempt"] == 2


def test_only_people_of_the_range_are_computed(work: Work) -> None:
    # The last five events: one each of opened, bought, email_sent, other, opened.
    start = documents()[295]["@timestamp"]
    work.run(work.begin(span=TimeRange(start, NOW)))
    assert work.told().people == 2


def test_there_is_nothing_to_call_off_where_nothing_was_begun(work: Work) -> None:
    with pytest.raises(NotFound):
        cancel_backfill(work.progress, "acme", "g1", NOW)
    assert goal_progress(work.progress, "acme", "g1", NOW) is None


def test_without_a_range_what_stopped_is_gone_on_with(work: Work) -> None:
    start = NOW - 5 * DAY
    work.begin(span=TimeRange(start, NOW))
    cancel_backfill(work.progress, "acme", "g1", NOW)
    assert work.begin("r2", span=None)["run"] == "r1"
    assert work.told().backfill.start == start
    cancel_backfill(work.progress, "acme", "g1", NOW)
    assert work.begin("r3", span=SPAN)["run"] == "r3"


def test_a_start_that_failed_can_be_made_again(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise StoreUnavailable("The state machine is away.")

    with monkeypatch.context() as patch:
        patch.setattr(work.workflows, "start", fail)
        with pytest.raises(StoreUnavailable):
            work.begin()
    assert work.told().state == "failed"
    assert work.begin("r2")["attempt"] == 2
