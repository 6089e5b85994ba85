"""Where the search node was replaced (another address, other data): the functions follow, and it is prepared."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import requests

from local import aws
from local.errors import LocalError

SETTING = "SEARCH_ENDPOINT"
PREPARATION = "PreparationPrepareFunction"  # begins the logical id of the function behind the custom resource
ANSWERS = "search-preparations"


def identity(search_url: str) -> str:
    """Of the cluster's data: another one after its folder was removed."""
    answer = requests.get(search_url, timeout=10)
    answer.raise_for_status()
    return str(answer.json()["cluster_uuid"])


def follow(endpoint: str, search_url: str) -> None:
    """CloudFormation sees no change in the template, so it would leave the functions with the old address."""
    functions = aws.client("lambda", endpoint)
    for page in functions.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            variables = function.get("Environment", {}).get("Variables", {})
            if SETTING in variables and variables[SETTING] != search_url:
                environment = {"Variables": variables | {SETTING: search_url}}
                functions.update_function_configuration(FunctionName=function["FunctionName"], Environment=environment)


def prepare(endpoint: str) -> None:
    """Ask for index templates as CloudFormation does on a deployment, and read the answer where it would."""
    s3 = aws.client("s3", endpoint)
    s3.create_bucket(Bucket=ANSWERS)
    place = {"Bucket": ANSWERS, "Key": str(uuid.uuid4())}
    event = {
        "RequestType": "Update",
        "ResponseURL": s3.generate_presigned_url("put_object", Params=place | {"ContentType": ""}),
        "StackId": "local",
        "RequestId": place["Key"],
        "LogicalResourceId": PREPARATION,
        "PhysicalResourceId": PREPARATION,
        "ResourceType": "Custom::PreparedSearch",
        "ResourceProperties": {},
        "OldResourceProperties": {},
    }
    for function in _preparing_functions(endpoint):
        aws.client("lambda", endpoint).invoke(FunctionName=function, Payload=json.dumps(event).encode())
        answer = json.loads(s3.get_object(**place)["Body"].read())
        if answer["Status"] != "SUCCESS":
            raise LocalError(f"The search store could not be prepared: {answer.get('Reason')}")


def _preparing_functions(endpoint: str) -> Iterator[str]:
    cloudformation = aws.client("cloudformation", endpoint)
    for page in cloudformation.get_paginator("describe_stacks").paginate():
        for stack in page["Stacks"]:
            yield from _functions(cloudformation, stack["StackName"])


def _functions(cloudformation: Any, stack: str) -> Iterator[str]:
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
        for resource in page["StackResourceSummaries"]:
            is_function = resource["ResourceType"] == "AWS::Lambda::Function"
            if is_function and resource["LogicalResourceId"].startswith(PREPARATION):
                yield resource["PhysicalResourceId"]
