"""What templates of ours have is made as CloudFormation makes it."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.running import Emulator, repaired

ALARM = {"ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "Threshold": 1}


def status(emulator: Emulator, name: str, resources: dict[str, Any]) -> str:
    try:
        return str(emulator.make_stack(name, resources)["StackStatus"])
    except ClientError as error:
        return str(error.response["Error"]["Code"])


@pytest.mark.parametrize(
    "kind",
    ["EC2::SecurityGroupIngress", "EC2::SecurityGroupEgress", "EC2::FlowLog", "Logs::QueryDefinition", "XRay::Group"],
)
def test_a_type_without_effect_is_accepted(stock: Emulator, patched: Emulator, kind: str) -> None:
    def probe(emulator: Emulator) -> str:
        name = kind.replace("::", "")
        return status(emulator, name, {"Thing": {"Type": f"AWS::{kind}", "Properties": {}}})

    repaired(probe, stock, patched, fault="ValidationError", aws="CREATE_COMPLETE")


def test_an_alarm_on_metric_math_is_made(stock: Emulator, patched: Emulator) -> None:
    metric = {"Metric": {"Namespace": "N", "MetricName": "M"}, "Period": 60, "Stat": "Sum"}
    queries = [{"Id": "m", "MetricStat": metric, "ReturnData": False}, {"Id": "e", "Expression": "m / 2"}]

    def probe(emulator: Emulator) -> str:
        alarm = {"Type": "AWS::CloudWatch::Alarm", "Properties": {**ALARM, "AlarmName": "maths", "Metrics": queries}}
        made = status(emulator, "maths", {"Alarm": alarm})
        emulator.client("cloudwatch").describe_alarms()
        return made

    repaired(probe, stock, patched, fault="ROLLBACK_COMPLETE", aws="CREATE_COMPLETE")


def test_a_composite_alarm_is_made_changed_and_deleted(stock: Emulator, patched: Emulator) -> None:
    def resources(state: str) -> dict[str, Any]:
        child = {**ALARM, "AlarmName": "child", "Namespace": "N", "MetricName": "M"}
        whole = {"AlarmName": "whole", "AlarmRule": f"{state}(child)"}
        composite = {"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": whole, "DependsOn": "Child"}
        return {"Child": {"Type": "AWS::CloudWatch::Alarm", "Properties": child}, "Whole": composite}

    def rules(emulator: Emulator) -> list[str]:
        found = emulator.client("cloudwatch").describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
        return [alarm["AlarmRule"] for alarm in found]

    def probe(emulator: Emulator) -> str:
        return status(emulator, "composite", resources("ALARM"))

    repaired(probe, stock, patched, fault="ValidationError", aws="CREATE_COMPLETE")
    assert rules(patched) == ["ALARM(child)"]
    cloudformation = patched.client("cloudformation")
    cloudformation.update_stack(StackName="composite", TemplateBody=json.dumps({"Resources": resources("OK")}))
    assert patched.wait_for_stack("composite")["StackStatus"] == "UPDATE_COMPLETE"
    assert rules(patched) == ["OK(child)"]
    cloudformation.delete_stack(StackName="composite")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="composite", WaiterConfig={"Delay": 1})
    assert rules(patched) == []


def test_a_table_has_its_time_to_live(stock: Emulator, patched: Emulator) -> None:
    table = {
        "TableName": "limits",
        "KeySchema": [{"AttributeName": "window", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "window", "AttributeType": "S"}],
        "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
    }

    def probe(emulator: Emulator) -> Any:
        emulator.make_stack("limits", {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": table}})
        found = emulator.client("dynamodb").describe_time_to_live(TableName="limits")["TimeToLiveDescription"]
        return found["TimeToLiveStatus"], found.get("AttributeName")

    repaired(probe, stock, patched, fault=("DISABLED", None), aws=("ENABLED", "expires"))


def test_a_custom_resource_runs_its_function(patched: Emulator) -> None:
    code = """
import json, urllib.request
def handler(event, context):
    same = ("StackId", "RequestId", "LogicalResourceId")
    answer = {"Status": "SUCCESS", "PhysicalResourceId": "made", "Data": {"Said": event["ResourceProperties"]["Say"]}}
    body = json.dumps(answer | {name: event[name] for name in same}).encode()
    urllib.request.urlopen(urllib.request.Request(event["ResponseURL"], data=body, method="PUT"))
"""
    arn = patched.make_function("custom", code)
    resources = {
        "Custom": {"Type": "AWS::CloudFormation::CustomResource", "Properties": {"ServiceToken": arn, "Say": "hello"}},
        "Parameter": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Name": "said", "Type": "String", "Value": {"Fn::GetAtt": ["Custom", "Said"]}},
        },
    }
    assert patched.make_stack("custom", resources)["StackStatus"] == "CREATE_COMPLETE"
    assert patched.client("ssm").get_parameter(Name="said")["Parameter"]["Value"] == "hello"


def test_a_search_domain_answers_the_endpoint_that_it_was_given(new_emulator: Any) -> None:
    emulator = new_emulator(MINISTACK_OPENSEARCH_ENDPOINT="127.0.0.1:9299")
    domain = {"Type": "AWS::OpenSearchService::Domain", "Properties": {"EngineVersion": "OpenSearch_2.19"}}
    endpoint = {"Fn::GetAtt": ["Domain", "DomainEndpoint"]}
    parameter = {"Name": "endpoint", "Type": "String", "Value": endpoint}
    resources = {"Domain": domain, "Parameter": {"Type": "AWS::SSM::Parameter", "Properties": parameter}}
    assert emulator.make_stack("search", resources)["StackStatus"] == "CREATE_COMPLETE"
    assert emulator.client("ssm").get_parameter(Name="endpoint")["Parameter"]["Value"] == "127.0.0.1:9299"


def test_a_custom_resource_whose_function_fails_fails_with_its_reason(patched: Emulator) -> None:
    """Without the repair the stack hangs for an hour, so that only the repaired emulator is asked."""
    arn = patched.make_function("failing", "def handler(event, context): raise ValueError('no index')")
    resources = {"Custom": {"Type": "AWS::CloudFormation::CustomResource", "Properties": {"ServiceToken": arn}}}
    assert patched.make_stack("failing", resources)["StackStatus"] == "ROLLBACK_COMPLETE"
    events = patched.client("cloudformation").describe_stack_events(StackName="failing")["StackEvents"]
    assert "ValueError: no index" in str([event.get("ResourceStatusReason") for event in events])
