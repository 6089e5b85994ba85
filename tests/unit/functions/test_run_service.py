"""The functions of an execution, given what their samples show, answer what the state machine reads."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from run_service import (
    approve,
    close,
    download,
    driving,
    export,
    poll,
    report,
    reserve,
    verify,
    work,
    work_item,
    write_back,
)
from touchline.domain.marketo.executions import STAGES
from touchline.services.marketo.run_stage import Run

from tests.unit.services.marketo.leads import instance
from tests.unit.services.marketo.test_executions_run import RULES
from tests.unit.services.marketo.world import World

SAMPLES = Path(__file__).parents[3] / "events" / "run_service"
FUNCTIONS = dict(zip(STAGES, (reserve, export, poll, download, work, approve, write_back, verify, report), strict=True))


def sample(name: str) -> dict[str, Any]:
    return dict(json.loads((SAMPLES / f"{name}.json").read_text()))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(instance(), rules={**RULES, "outcome": {"kind": "preview"}})
    for module in (driving, close, work_item):
        monkeypatch.setattr(module, "working", lambda counted, context: made.work)
        monkeypatch.setattr(module, "ledger", lambda: made.ledger)
    monkeypatch.setattr(driving, "now", made.clock)
    made.begin(Run.told(sample("reserve")).execution)
    return made


@pytest.fixture
def lambda_context(context: Any) -> Any:
    told = {name: getattr(context, name) for name in dir(context) if not name.startswith("_")}
    return SimpleNamespace(**{**told, "get_remaining_time_in_millis": lambda: 900_000})


def test_stage_after_stage_to_the_close(world: World, lambda_context: Any) -> None:
    facts = sample("reserve")
    for stage, function in FUNCTIONS.items():
        answer = function.lambda_handler({**facts, **sample(stage)}, lambda_context)
        assert (stage, answer["status"]) == (stage, "done")
        facts = answer
    answer = close.lambda_handler({**facts, "close": "completed"}, lambda_context)
    assert answer["status"] == "done"
    assert world.execution.state == "completed"


def test_an_answer_repeats_what_the_run_is_of(world: World, lambda_context: Any) -> None:
    answer = reserve.lambda_handler(sample("reserve"), lambda_context)
    assert answer == {**sample("reserve"), "status": "done", "seconds": 0, "items": []}


def test_without_time_for_another_step_the_machine_comes_again(world: World, lambda_context: Any) -> None:
    reserve.lambda_handler(sample("reserve"), lambda_context)
    lambda_context.get_remaining_time_in_millis = lambda: 1_000 * driving.LONGEST_STEP_SECONDS
    answers = [export.lambda_handler(sample("export"), lambda_context)["status"] for _ in range(4)]
    assert answers == ["again", "again", "again", "done"]


def test_a_run_that_only_closes(world: World, lambda_context: Any) -> None:
    reserve.lambda_handler(sample("reserve"), lambda_context)
    world.change(state="stopping")
    assert close.lambda_handler(sample("stop"), lambda_context)["status"] == "done"
    assert world.execution.state == "stopped"


def test_a_failure_is_said_by_the_close(world: World, lambda_context: Any) -> None:
    told = {**sample("close"), "close": "failed", "cause": "Lambda.Unknown"}
    assert close.lambda_handler(told, lambda_context)["status"] == "failed"
    assert world.execution.problems[0].code == "function_failed"


def test_an_item_of_another_run_is_left_alone(world: World, lambda_context: Any) -> None:
    told = {**sample("work_item"), "attempt": 7}
    assert work_item.lambda_handler(told, lambda_context) == {}
    assert world.files.kept == {}
