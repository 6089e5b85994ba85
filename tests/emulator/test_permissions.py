"""With AUTH=true a function may do what its role grants and nothing else."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.emulator.running import Emulator, repaired

SENDS = """
import os, boto3
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody="x")
    return "sent"
"""
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def answer_of_a_function_with(
    emulator: Emulator, name: str, *statements: dict[str, Any], code: str = SENDS, **attributes: str
) -> Any:
    iam = emulator.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(TRUST))["Role"]["Arn"]
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(*statements))
    queue = emulator.make_queue(name, **attributes)
    emulator.make_function(name, code, Role=role, Environment={"Variables": {"QUEUE": queue}})
    answer = emulator.invoke(name)
    return answer if isinstance(answer, str) else "AccessDenied" in answer["errorMessage"]


SENDS_BATCH = """
import os, boto3
def handler(event, context):
    entries = [{"Id": "1", "MessageBody": "x"}]
    boto3.client("sqs").send_message_batch(QueueUrl=os.environ["QUEUE"], Entries=entries)
    return "sent"
"""


def may_send(name: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": f"arn:aws:sqs:us-east-1:000000000000:{name}"}


def test_a_function_may_do_what_its_role_grants_alone(new_emulator: Callable[..., Emulator]) -> None:
    emulator = new_emulator(AUTH="true")
    assert answer_of_a_function_with(emulator, "granted", may_send("granted")) == "sent"
    assert answer_of_a_function_with(emulator, "elsewhere", may_send("granted")) is True
    assert answer_of_a_function_with(emulator, "nothing") is True


def test_a_policy_that_demands_tls_lets_loopback_pass(new_emulator: Callable[..., Emulator]) -> None:
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    deny = policy({"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*", "Condition": insecure})

    def probe(emulator: Emulator) -> Any:
        return answer_of_a_function_with(emulator, "tls", may_send("tls"), Policy=deny)

    stock, patched = new_emulator(AUTH="true", EMULATOR_STOCK="1"), new_emulator(AUTH="true")
    repaired(probe, stock, patched, fault=True, aws="sent")


def test_who_may_send_may_send_a_batch(new_emulator: Callable[..., Emulator]) -> None:
    def probe(emulator: Emulator) -> Any:
        return answer_of_a_function_with(emulator, "batch", may_send("batch"), code=SENDS_BATCH)

    stock, patched = new_emulator(AUTH="true", EMULATOR_STOCK="1"), new_emulator(AUTH="true")
    repaired(probe, stock, patched, fault=True, aws="sent")


DELETES_A_SCHEDULE = """
import boto3
def handler(event, context):
    client = boto3.client("scheduler")
    try:
        client.delete_schedule(Name="none", GroupName="own")
    except client.exceptions.ResourceNotFoundException:
        return "looked"
"""


def test_a_schedule_is_checked_by_its_own_group(new_emulator: Callable[..., Emulator]) -> None:
    def probe(emulator: Emulator) -> Any:
        schedules = "arn:aws:scheduler:us-east-1:000000000000:schedule/own/*"
        granted = {"Effect": "Allow", "Action": "scheduler:DeleteSchedule", "Resource": schedules}
        emulator.client("scheduler").create_schedule_group(Name="own")
        return answer_of_a_function_with(emulator, "unschedules", granted, code=DELETES_A_SCHEDULE)

    stock, patched = new_emulator(AUTH="true", EMULATOR_STOCK="1"), new_emulator(AUTH="true")
    repaired(probe, stock, patched, fault=True, aws="looked")


def test_permissions_are_enforced_unless_switched_off(tmp_path: Path) -> None:
    emulator = Emulator(tmp_path)
    emulator.forget("AUTH")
    emulator.start()
    assert answer_of_a_function_with(emulator, "default") is True
    emulator.stop()
