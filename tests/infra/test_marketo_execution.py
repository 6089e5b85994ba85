"""The state machine of an execution: every answer of a stage leads somewhere, and every end is closed."""

import json
from dataclasses import fields
from typing import Any

import pytest
from run_service.settings import Settings
from touchline.domain.marketo.executions import STAGES
from touchline.services.marketo.work import Sizes, Waits

from infra.acknowledgements import written
from infra.config import ExecutionConfig
from tests.infra.conftest import Stage

TITLES = [stage.replace("_", " ").capitalize() for stage in STAGES]
EVENTS_OF_A_ROUND = 12  # of a task, its choice and its wait
MOST_EVENTS = 25_000


@pytest.fixture
def states(stage: Stage) -> dict[str, Any]:
    (machine,) = [
        machine for name, machine in stage.of_type("AWS::StepFunctions::StateMachine").items() if "RunService" in name
    ]
    return dict(json.loads(written(machine["Properties"]["DefinitionString"]))["States"])


def following(states: dict[str, Any], title: str) -> dict[str, str]:
    """By status."""
    choice = states[states[title]["Next"]]
    return {one["Condition"].split('"')[1]: one["Next"] for one in choice["Choices"]} | {"": choice["Default"]}


def test_stages_follow_each_other_and_the_last_is_followed_by_the_close(states: dict[str, Any]) -> None:
    assert states["Only to close?"]["Default"] == TITLES[0]
    assert [following(states, title)["done"] for title in TITLES] == [*TITLES[1:], "Completed"]
    assert states["Completed"]["Next"] == "Close"
    assert '"close": "completed"' in states["Completed"]["Output"]


@pytest.mark.parametrize("title", TITLES)
def test_a_stage_comes_again_waits_fails_or_is_in_other_hands(states: dict[str, Any], title: str) -> None:
    leads_to = following(states, title)
    assert leads_to["again"] == title
    assert states[leads_to["wait"]]["Seconds"] == "{% $states.input.seconds %}"
    assert states[leads_to["wait"]]["Next"] == title
    assert states[leads_to["failed"]]["Next"] == "Close"
    assert states[leads_to[""]]["Type"] == "Succeed"  # asked, ended: another run goes on
    (caught,) = states[title]["Catch"]
    assert caught["ErrorEquals"] == ["States.ALL"]
    assert states[caught["Next"]]["Next"] == "Close"


def test_an_extract_of_no_use_leads_back_to_the_export(states: dict[str, Any]) -> None:
    assert [title for title in TITLES if following(states, title).get("back") == "Export"] == [
        "Poll",
        "Download",
        "Work",
    ]


def test_a_divided_list_is_worked_on_by_many_and_then_looked_at_again(states: dict[str, Any]) -> None:
    items = states[following(states, "Work")["spread"]]
    assert items["Items"] == "{% $states.input.items %}"
    assert items["Next"] == "Work"
    assert items["Catch"][0]["ErrorEquals"] == ["States.ALL"]


def test_a_run_may_do_nothing_but_close(states: dict[str, Any]) -> None:
    (only,) = states["Only to close?"]["Choices"]
    assert (only["Condition"], only["Next"]) == ("{% $exists($states.input.close) %}", "Close")
    assert states[following(states, "Close")["failed"]]["Type"] == "Fail"  # so that its alarm rings


def test_waits_never_fill_the_history_of_a_run(prod: Stage) -> None:
    waits = prod.config.marketo.executions
    (machine,) = [
        machine for name, machine in prod.of_type("AWS::StepFunctions::StateMachine").items() if "RunService" in name
    ]
    seconds = json.loads(written(machine["Properties"]["DefinitionString"]))["TimeoutSeconds"]
    rounds = seconds / min(waits.longest_wait_seconds, waits.poll_longest_seconds, waits.unavailable_longest_seconds)
    assert rounds * EVENTS_OF_A_ROUND < MOST_EVENTS


def test_what_the_stage_configures_is_what_the_functions_read() -> None:
    named = {field.name for field in fields(ExecutionConfig)}
    assert named <= {field.name for field in fields(Settings)}
    defaults = ExecutionConfig()
    for field in fields(Waits):
        name = "longest_wait_seconds" if field.name == "longest" else f"{field.name}_seconds"
        assert getattr(defaults, name) == getattr(Waits(), field.name)
    for field in fields(Sizes):
        assert getattr(defaults, f"{field.name}_bytes") == getattr(Sizes(), field.name)
