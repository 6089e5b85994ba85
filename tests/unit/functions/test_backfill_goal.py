"""The steps of a backfill, given what their samples show."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from backfill_goal import attribute_part, finish, plan
from touchline.adapters.memory.conversions import MemoryConversionStore, MemoryPersonEvents
from touchline.adapters.memory.event_columns import MemoryEventColumns
from touchline.adapters.memory.goals import MemoryGoals
from touchline.adapters.memory.identities import MemoryIdentities
from touchline.adapters.memory.progress import MemoryProgress
from touchline.domain.backfills import Backfill
from touchline.domain.goals import Goal
from touchline.domain.queries.filters import make_filter
from touchline.services.attribute_people import AttributionParts
from touchline.services.backfill_goal import Backfilling
from touchline.services.goal_progress import keep_backfill, latest_backfill

SAMPLES = Path(__file__).parents[3] / "events" / "backfill_goal"
NOW = 1_795_000_000_000
GOAL = Goal("g1", 1, "Bought", ((make_filter("action", "eq", "bought", "x"),),))


def sample(name: str) -> dict[str, Any]:
    payload: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text())
    return payload


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Backfilling:
    goals = MemoryGoals()
    goals.add("acme", GOAL)
    stores = AttributionParts(MemoryIdentities(), MemoryPersonEvents(), MemoryConversionStore())
    made = Backfilling(goals, MemoryEventColumns(), MemoryProgress(), stores, lambda: NOW, 0)
    for step in (plan, attribute_part, finish):
        monkeypatch.setattr(step, "backfilling", lambda: made)
    begun = Backfill("0f3c", "g1", 1, 0, NOW, "running", NOW, NOW)
    keep_backfill(made.progress, "acme", begun)
    return made


def kept(work: Backfilling) -> Backfill:
    found = latest_backfill(work.progress, "acme", "g1")
    assert found is not None
    return found


def test_the_steps_pass_on_what_the_next_one_takes(work: Backfilling, context: Any) -> None:
    planned = plan.lambda_handler(sample("plan"), context)
    assert planned == sample("finish")["plan"]
    assert planned["parts"] == [sample("attribute_part")]
    results = [attribute_part.lambda_handler(part, context) for part in planned["parts"]]
    assert results == sample("finish")["results"]
    assert finish.lambda_handler(sample("finish"), context)["state"] == "done"
    assert kept(work).state == "done"


def test_parts_that_were_left_out_are_told(work: Backfilling, context: Any) -> None:
    told = sample("finish") | {"results": [{"part": 0, "failed": "StoreUnavailable"}]}
    keep_backfill(work.progress, "acme", replace(kept(work), parts=1))
    assert finish.lambda_handler(told, context)["state"] == "failed"
    assert kept(work).reason == "1 parts failed: StoreUnavailable"


def test_a_step_that_broke_off_is_told(work: Backfilling, context: Any) -> None:
    told = finish.lambda_handler(sample("broken_off"), context)
    assert told == {"goal": "g1", "state": "failed", "reason": "Plan: ClientError"}
    assert (kept(work).state, kept(work).reason) == ("failed", "Plan: ClientError")
