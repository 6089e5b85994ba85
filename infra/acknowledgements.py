"""Why a finding of cdk-nag is not mended: each reason once, by name, used beside what it excuses."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from constructs import IConstruct


@dataclass(frozen=True, slots=True)
class Excuse:
    rule: str
    reason: str


EXCUSES: dict[str, Excuse] = {
    "api_keys_are_checked_by_the_functions": Excuse(
        "AwsSolutions-APIG4",
        "Every route except the public docs authenticates with a tenant's API key inside its function, which caches "
        "keys for a minute; an authorizer would add an invocation to each request and cannot answer in problem+json.",
    ),
    "the_log_bucket_does_not_log_itself": Excuse(
        "AwsSolutions-S1",
        "This bucket receives the access logs of the archive; logging its own access into itself would never end.",
    ),
    "counters_need_no_backup": Excuse(
        "AwsSolutions-DDB3",
        "Rate windows live for seconds and idempotency records for a day: restoring them would refuse good requests. "
        "Answers that were put off live for a week and can be asked for again. What a connection used counts for one "
        "day.",
    ),
    "tested_on_this_python": Excuse(
        "AwsSolutions-L1",
        "3.13 is what every dependency is locked for and every test runs on; it changes in one place (RUNTIME).",
    ),
    "calls_without_resources": Excuse(
        "AwsSolutions-IAM5[Resource::*]",
        "X-Ray, log delivery and the network interfaces of functions offer no resource-level permissions here.",
    ),
    "paths_below_one_resource": Excuse(
        "AwsSolutions-IAM5",
        "The wildcard ends the ARN of one domain or bucket: it names days, documents and objects below it, whose names "
        "are not known before.",
    ),
    "a_versioned_function": Excuse(
        "AwsSolutions-IAM5",
        "Step Functions and Scheduler are allowed one function and its versions (`:*`), nothing else.",
    ),
    "schedules_of_one_group": Excuse(
        "AwsSolutions-IAM5",
        "The wildcard ends the ARN of one schedule group: its schedules are named after services, which come and go.",
    ),
    "its_own_child_runs": Excuse(
        "AwsSolutions-IAM5",
        "A distributed map starts and watches runs of its own state machine, whose ids are not known before.",
    ),
    "secrets_of_connections": Excuse(
        "AwsSolutions-IAM5",
        "The wildcard ends the names of one stage's secrets: tenants and connections are not known before.",
    ),
    "requests_are_signed": Excuse(
        "AwsSolutions-OS3",
        "Functions have no fixed addresses. The domain's policy names their roles, every request is signed, and inside "
        "the domain fine-grained access control maps each role to the least it needs.",
    ),
    "a_small_stage_outside_a_network": Excuse(
        "AwsSolutions-OS1",
        "A development stage keeps a public endpoint to do without interface endpoints; it takes signed requests only "
        "and holds no production data.",
    ),
    "a_small_stage_without_masters": Excuse(
        "AwsSolutions-OS4",
        "One data node needs no masters of its own; stages with several nodes have three.",
    ),
    "a_small_stage_in_one_zone": Excuse(
        "AwsSolutions-OS7",
        "One data node cannot span zones; everything in it can be indexed again from the archive.",
    ),
}


def excuse(scope: IConstruct, *names: str) -> None:
    """Acknowledge these findings for the construct and everything below it."""
    validations = cdk.Validations.of(scope)
    for name in names:
        validations.acknowledge(cdk.Acknowledgment(id=EXCUSES[name].rule, reason=EXCUSES[name].reason))


def excuse_wildcards(scope: IConstruct, name: str, resources: Iterable[str]) -> None:
    """Acknowledge exactly these ARNs: cdk-nag reports, and takes acknowledgements of, each wildcard on its own."""
    stack = cdk.Stack.of(scope)
    found = {written(stack.resolve(resource)) for resource in resources}
    rule, reason = EXCUSES[name].rule, EXCUSES[name].reason
    for arn in sorted(arn for arn in found if "*" in arn and arn != "*"):
        cdk.Validations.of(scope).acknowledge(cdk.Acknowledgment(id=f"{rule}[Resource::{arn}]", reason=reason))


def written(resolved: Any) -> str:
    """An ARN of a template as cdk-nag writes it: references in angle brackets, other functions as JSON."""
    match resolved:
        case str():
            return resolved
        case {"Ref": str(name)}:
            return f"<{name}>"
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"<{name}.{attribute}>"
        case {"Fn::Join": [str(separator), list(parts)]}:
            return separator.join(written(part) for part in parts)
        case _:
            return json.dumps(resolved, separators=(",", ":"))
