"""Pushes the synthesized cloud assembly to the emulator through CloudFormation, as the CDK's own tool does on AWS."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local import aws
from local.assets import publish, resolve
from local.errors import LocalError

BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"  # every template checks that this parameter is new enough
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
CANNOT_BE_UPDATED = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"}
NO_CHANGE = ("didn't contain changes", "No updates")
GIVE_UP_AFTER_SECONDS = 600

type Outputs = dict[str, str]


@dataclass(frozen=True, slots=True)
class Stack:
    name: str
    template: str  # where its template lies among the published assets: s3://bucket/key
    asset_manifests: list[str]


def deploy(assembly: Path, endpoint: str, say: Callable[[int, int, str], None]) -> Outputs:
    """Create or update every stack in the order of its dependencies; the outputs of all, by their names."""
    stacks = read_stacks(assembly)
    publish(assembly, [manifest for stack in stacks for manifest in stack.asset_manifests], endpoint)
    aws.client("ssm", endpoint).put_parameter(Name=BOOTSTRAP_VERSION, Value="31", Type="String", Overwrite=True)
    cloudformation = aws.client("cloudformation", endpoint)
    outputs: Outputs = {}
    for done, stack in enumerate(stacks):
        say(done, len(stacks), stack.name)
        _bring_up_to_date(cloudformation, stack, endpoint)
        told = _describe(cloudformation, stack.name) or {}
        outputs |= {output["OutputKey"]: output["OutputValue"] for output in told.get("Outputs", [])}
    return outputs


def is_deployed(assembly: Path, endpoint: str) -> bool:
    cloudformation = aws.client("cloudformation", endpoint)
    found = [_describe(cloudformation, stack.name) for stack in read_stacks(assembly)]
    return all(stack is not None and stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE") for stack in found)


def read_stacks(assembly: Path) -> list[Stack]:
    artifacts = json.loads((assembly / "manifest.json").read_text())["artifacts"]
    found = {id: artifact for id, artifact in artifacts.items() if artifact["type"] == "aws:cloudformation:stack"}
    order = TopologicalSorter({id: found.keys() & set(stack.get("dependencies", ())) for id, stack in found.items()})
    return [_stack(id, found[id], artifacts) for id in order.static_order()]


def _stack(id: str, artifact: dict[str, Any], artifacts: dict[str, Any]) -> Stack:
    needed = [artifacts[other] for other in artifact.get("dependencies", ()) if other in artifacts]
    manifests = [other["properties"]["file"] for other in needed if other["type"] == "cdk:asset-manifest"]
    properties = artifact["properties"]
    return Stack(properties.get("stackName", id), resolve(properties["stackTemplateAssetObjectUrl"]), manifests)


def _bring_up_to_date(cloudformation: Any, stack: Stack, endpoint: str) -> None:
    had = _describe(cloudformation, stack.name)
    if had and had["StackStatus"] in CANNOT_BE_UPDATED:
        cloudformation.delete_stack(StackName=stack.name)
        _wait_for_stack(cloudformation, stack.name)
        had = None
    change_set = f"local-{time.time_ns()}"
    cloudformation.create_change_set(
        StackName=stack.name,
        ChangeSetName=change_set,
        ChangeSetType="UPDATE" if had and had["StackStatus"] != "REVIEW_IN_PROGRESS" else "CREATE",
        TemplateURL=f"{endpoint}/{stack.template.removeprefix('s3://')}",
        Capabilities=CAPABILITIES,
    )
    if _has_changes(cloudformation, stack.name, change_set):
        cloudformation.execute_change_set(StackName=stack.name, ChangeSetName=change_set)
        _wait_for_stack(cloudformation, stack.name)


def _has_changes(cloudformation: Any, stack: str, change_set: str) -> bool:
    until = time.monotonic() + GIVE_UP_AFTER_SECONDS
    while time.monotonic() < until:
        told = cloudformation.describe_change_set(ChangeSetName=change_set, StackName=stack)
        if told["Status"] == "CREATE_COMPLETE":
            return True
        if told["Status"] == "FAILED":
            reason = told.get("StatusReason", "")
            if any(text in reason for text in NO_CHANGE):
                return False
            raise LocalError(f"The change to {stack} was refused: {reason}")
        time.sleep(0.05)
    raise LocalError(f"The change to {stack} was not prepared within {GIVE_UP_AFTER_SECONDS} s.")


def _wait_for_stack(cloudformation: Any, name: str) -> None:
    until = time.monotonic() + GIVE_UP_AFTER_SECONDS
    while time.monotonic() < until:
        stack = _describe(cloudformation, name)
        status = stack["StackStatus"] if stack else "DELETE_COMPLETE"
        if not status.endswith("IN_PROGRESS"):
            break
        time.sleep(0.1)
    else:
        raise LocalError(f"{name} was still {status} after {GIVE_UP_AFTER_SECONDS} s.")
    if "ROLLBACK" in status or "FAILED" in status:
        raise LocalError(f"{name} is {status}:\n{_failures(cloudformation, name)}")


def _failures(cloudformation: Any, name: str) -> str:
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    failed = [event for event in reversed(events) if "FAILED" in event["ResourceStatus"]]
    lines = [
        f"  {event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}" for event in failed
    ]
    return "\n".join(lines) or "  (no resource says why)"


def _describe(cloudformation: Any, name: str) -> dict[str, Any] | None:
    try:
        stack: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        return None
    return None if stack["StackStatus"] == "DELETE_COMPLETE" else stack
