"""State machines in JSONata, as Step Functions runs them."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.running import Emulator, evaluated, repaired, wait_for

FAILS_TWICE = """
class StoreUnavailable(Exception): ...
calls = 0
def handler(event, context):
    global calls
    calls += 1
    if calls < 3:
        raise StoreUnavailable("busy")
    return calls
"""


def task(function: str, payload: Any = "{% $states.input %}", **more: Any) -> dict[str, Any]:
    arguments = {"FunctionName": function, "Payload": payload}
    invoke = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": arguments}
    return {**invoke, "Output": "{% $states.result.Payload %}", "End": True, **more}


def test_a_retry_and_a_catch_match_the_name_of_an_exception(stock: Emulator, patched: Emulator) -> None:
    def probe(emulator: Emulator) -> Any:
        emulator.make_function("twice", FAILS_TWICE)
        retry = {"ErrorEquals": ["StoreUnavailable"], "IntervalSeconds": 1, "BackoffRate": 1, "MaxAttempts": 5}
        catch = {"ErrorEquals": ["States.ALL"], "Next": "Caught", "Output": "{% $states.errorOutput.Error %}"}
        states = {"Try": task("twice", Retry=[retry], Catch=[catch]), "Caught": {"Type": "Succeed"}}
        execution = emulator.run_machine("retries", {"StartAt": "Try", "States": states})
        return json.loads(execution["output"])

    repaired(probe, stock, patched, fault="Runtime.HandlerError", aws=3)


def mapped(mode: str) -> dict[str, Any]:
    inner = {"Double": task("doubles")}
    processor = {"ProcessorConfig": {"Mode": mode}, "StartAt": "Double", "States": inner}
    if mode == "DISTRIBUTED":
        processor["ProcessorConfig"] = {"Mode": mode, "ExecutionType": "STANDARD"}
    each = {
        "Type": "Map",
        "Items": "{% $states.input.parts %}",
        "ItemSelector": {"number": "{% $states.context.Map.Item.Value %}"},
        "MaxConcurrency": 2,
        "ItemProcessor": processor,
        "Output": {"sum": "{% $sum($states.result) %}"},
        "End": True,
    }
    return {"StartAt": "Each", "States": {"Each": each}}


DOUBLES = "def handler(event, context): return event['number'] * 2"


def test_an_inline_map_runs(patched: Emulator) -> None:
    patched.make_function("doubles", DOUBLES)
    execution = patched.run_machine("inline", mapped("INLINE"), {"parts": [1, 2, 3]})
    assert json.loads(execution["output"]) == {"sum": 12}


def test_a_distributed_map_evaluates_its_fields(stock: Emulator, patched: Emulator) -> None:
    def probe(emulator: Emulator) -> Any:
        names = [each["FunctionName"] for each in emulator.client("lambda").list_functions()["Functions"]]
        if "doubles" not in names:
            emulator.make_function("doubles", DOUBLES)
        execution = emulator.run_machine("distributed", mapped("DISTRIBUTED"), {"parts": [1, 2, 3]})
        return execution["status"], json.loads(execution.get("output") or "null")

    unevaluated = "{% $states.context.Map.Item.Value %}"
    fault = ("SUCCEEDED", [unevaluated * 2])
    repaired(probe, stock, patched, fault=fault, aws=("SUCCEEDED", {"sum": 12}))


def test_a_distributed_map_makes_batches(patched: Emulator) -> None:
    patched.make_function("batch-sizes", "def handler(event, context): return {'n': len(event['Items'])}")
    machine = mapped("DISTRIBUTED")
    each = machine["States"]["Each"]
    each.update(ItemBatcher={"MaxItemsPerBatch": 2}, Output="{% $states.result.n %}")
    each["ItemProcessor"]["States"] = {"Double": task("batch-sizes")}
    execution = patched.run_machine("batched", machine, {"parts": [1, 2, 3, 4, 5]})
    assert json.loads(execution["output"]) == [2, 2, 1]


def test_a_retry_waits_no_longer_than_it_may(tmp_path: Path) -> None:
    retry = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "BackoffRate": 10, "MaxDelaySeconds": 5}
    found = f"stepfunctions._find_matching_retrier([{retry}], 'Busy', {{0: 2}})[0]"
    third = "(lambda found: found['IntervalSeconds'] * found['BackoffRate'] ** 2)"
    assert evaluated(f"{third}({found})", tmp_path) == ("200", "5.0")


def test_schedules_are_looked_at_every_second(tmp_path: Path) -> None:
    assert evaluated("scheduler._SCHEDULE_TICK_INTERVAL", tmp_path) == ("10", "1")


def test_a_schedule_starts_its_target(patched: Emulator) -> None:
    arn = patched.make_function("scheduled", "def handler(event, context): print('ran', event['why'])")
    target = {"Arn": arn, "RoleArn": "arn:aws:iam::000000000000:role/any", "Input": '{"why":"because"}'}
    patched.client("scheduler").create_schedule(
        Name="soon",
        ScheduleExpression="at(2020-01-01T00:00:00)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target,
    )

    def ran() -> bool:
        groups = patched.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/scheduled")["logGroups"]
        if not groups:
            return False
        logs = patched.client("logs").filter_log_events(logGroupName="/aws/lambda/scheduled", filterPattern="ran")
        return [event["message"] for event in logs["events"]] == ["ran because"]

    assert wait_for(ran)


FAILS_FOR_TWO = """
def handler(event, context):
    if event["number"] == 2:
        raise MemoryError("no room")
    return event
"""


@pytest.mark.parametrize("mode", ["INLINE", "DISTRIBUTED"])
def test_a_map_goes_on_without_the_item_that_is_caught_round_after_round(patched: Emulator, mode: str) -> None:
    patched.make_function(f"fails-for-two-{mode}", FAILS_FOR_TWO)
    catch = {
        "ErrorEquals": ["States.ALL"],
        "Next": "Left out",
        "Output": '{% {"number": $states.input.number, "failed": $states.errorOutput.Error} %}',
    }
    config = {"Mode": mode} | ({"ExecutionType": "STANDARD"} if mode == "DISTRIBUTED" else {})
    work = {"Work": task(f"fails-for-two-{mode}", Catch=[catch]), "Left out": {"Type": "Pass", "End": True}}
    states = {
        "Each": {
            "Type": "Map",
            "Items": "{% $states.input.items %}",
            "ItemProcessor": {"ProcessorConfig": config, "StartAt": "Work", "States": work},
            "Output": '{% $merge([$states.input, {"round": $states.input.round + 1, "results": $states.result}]) %}',
            "Next": "Again?",
        },
        "Again?": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $states.input.round < 3 %}", "Next": "Each"}],
            "Default": "Done",
        },
        "Done": {"Type": "Succeed"},
    }
    items = [{"number": number} for number in (1, 2, 3)]
    execution = patched.run_machine(
        f"rounds-{mode}", {"StartAt": "Each", "States": states}, {"items": items, "round": 0}
    )
    output = json.loads(execution["output"])
    assert output["round"] == 3
    assert output["results"] == [{"number": 1}, {"number": 2, "failed": "MemoryError"}, {"number": 3}]
