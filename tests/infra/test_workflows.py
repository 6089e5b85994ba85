"""State machines in JSONata that wait out what passes, and are logged and traced."""

import json
from typing import Any

from infra.acknowledgements import written
from tests.infra.conftest import Stage


def machines(stage: Stage) -> dict[str, dict[str, Any]]:
    return {
        name.split("/")[1]: json.loads(written(machine["Properties"]["DefinitionString"]))
        for name, machine in stage.of_type("AWS::StepFunctions::StateMachine").items()
    }


def test_compaction_plans_compacts_each_day_and_cleans_up(stage: Stage) -> None:
    (definition,) = [machine for name, machine in machines(stage).items() if "CompactArchive" in name]
    states = definition["States"]
    assert definition["QueryLanguage"] == "JSONata"
    assert definition["StartAt"] == "Plan"
    assert states["Plan"]["Next"] == "Days"
    assert states["Days"]["Items"] == "{% $states.input.partitions %}"
    assert states["Days"]["Next"] == "Clean up"
    assert states["Days"]["Output"] == '{% {"plan": $states.input, "results": $states.result} %}'


def test_a_tenant_that_fails_is_left_out_and_the_others_are_compacted(stage: Stage) -> None:
    (definition,) = [machine for name, machine in machines(stage).items() if "CompactArchive" in name]
    inner = definition["States"]["Days"]["ItemProcessor"]["States"]
    (caught,) = inner["Compact day"]["Catch"]
    assert caught["ErrorEquals"] == ["States.ALL"]
    assert caught["Output"] == '{% {"tenant": $states.input.tenant, "failed": $states.errorOutput.Error} %}'
    assert inner[caught["Next"]]["End"]


def test_compaction_goes_on_while_batches_are_left_and_fails_in_the_end_if_a_tenant_did(stage: Stage) -> None:
    (definition,) = [machine for name, machine in machines(stage).items() if "CompactArchive" in name]
    states = definition["States"]
    assert states["Clean up"]["Next"] == "More left?"
    again, left_out = states["More left?"]["Choices"]
    assert (again["Condition"], again["Next"]) == ("{% $states.input.again %}", "Plan")
    assert left_out["Condition"] == "{% $states.input.left_out > 0 %}"
    assert states[left_out["Next"]]["Type"] == "Fail"
    assert states[states["More left?"]["Default"]]["Type"] == "Succeed"


def test_replay_plans_and_replays_each_part(stage: Stage) -> None:
    (definition,) = [machine for name, machine in machines(stage).items() if "ReplayDay" in name]
    assert definition["States"]["Parts"]["Items"] == "{% $states.input.parts %}"
    assert definition["States"]["Parts"]["End"]


def test_steps_wait_out_what_a_retry_heals(stage: Stage) -> None:
    for definition in machines(stage).values():
        for state in steps(definition):
            (retry,) = state["Retry"]
            assert "StoreUnavailable" in retry["ErrorEquals"]
            assert retry["BackoffRate"] > 1


def steps(definition: dict[str, Any]) -> list[dict[str, Any]]:
    own = [state for state in definition["States"].values() if state["Type"] == "Task"]
    inner = [state["ItemProcessor"] for state in definition["States"].values() if state["Type"] == "Map"]
    return own + [state for processor in inner for state in steps(processor)]


def test_an_hours_compaction_ends_before_the_next_begins(stage: Stage) -> None:
    (definition,) = [machine for name, machine in machines(stage).items() if "CompactArchive" in name]
    assert definition["TimeoutSeconds"] < stage.config.schedules.compact_every_hours * 3600


def test_machines_are_logged_and_traced(stage: Stage) -> None:
    for machine in stage.properties("AWS::StepFunctions::StateMachine"):
        assert machine["TracingConfiguration"]["Enabled"]
        assert machine["LoggingConfiguration"]["Level"] == "ALL"
        assert not machine["LoggingConfiguration"]["IncludeExecutionData"]


def test_production_compacts_more_days_than_one_execution_can_hold(prod: Stage) -> None:
    (definition,) = [machine for name, machine in machines(prod).items() if "CompactArchive" in name]
    assert definition["States"]["Days"]["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"


def test_a_goals_past_is_computed_once_all_know_the_goal_and_parts_that_fail_are_told(stage: Stage) -> None:
    (definition,) = [machine for name, machine in machines(stage).items() if "BackfillGoal" in name]
    states = definition["States"]
    first = states[definition["StartAt"]]
    assert first["Type"] == "Wait"
    assert first["Seconds"] > stage.config.throughput.goals_kept_seconds
    assert states["Parts"]["Items"] == "{% $states.input.parts %}"
    (caught,) = states["Parts"]["ItemProcessor"]["States"]["Attribute part"]["Catch"]
    assert caught["ErrorEquals"] == ["States.ALL"]
    (failed,) = states["Whole?"]["Choices"]
    assert states[failed["Next"]]["Type"] == "Fail"


def test_a_step_of_a_backfill_that_fails_is_told_before_the_run_fails(stage: Stage) -> None:
    (definition,) = [machine for name, machine in machines(stage).items() if "BackfillGoal" in name]
    states = definition["States"]
    for name, told in (("Plan", "$states.input"), ("Parts", "$states.input"), ("Finish", "$states.input.plan")):
        (caught,) = states[name]["Catch"]
        assert caught["ErrorEquals"] == ["States.ALL"]
        assert caught["Output"] == f'{{% {{"plan": {told}, "failed": "{name}: " & $states.errorOutput.Error}} %}}'
        said = states[caught["Next"]]
        assert said["Arguments"]["FunctionName"] == states["Finish"]["Arguments"]["FunctionName"]
        assert said["Arguments"]["Payload"] == "{% $states.input %}"
        assert states[said["Next"]]["Type"] == "Fail"
