"""Every role may do what docs/architecture.md says, and nothing by wildcard but what is explained."""

import json
from collections.abc import Iterator
from typing import Any

from infra.constructs import rights
from tests.infra.conftest import Stage

# No resource can be named for these calls, or (in a key's policy) the resource is the key itself.
WITHOUT_RESOURCE = (
    *("xray:", "logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery"),
    *("logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"),
    "ec2:",
)


def statements(stage: Stage) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, policy in stage.of_type("AWS::IAM::Policy").items():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            yield name, statement


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def of_role(stage: Stage, capability: str) -> list[dict[str, Any]]:
    """All that the capability's role is granted, in whatever stack."""
    word = "Access" + "".join(part.title() for part in capability.split("_"))
    return [
        statement
        for name, policy in stage.of_type("AWS::IAM::Policy").items()
        if word in json.dumps(policy["Properties"]["Roles"])
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


def allowed(stage: Stage, capability: str) -> set[str]:
    granted = [statement for statement in of_role(stage, capability) if statement["Effect"] == "Allow"]
    return {action for statement in granted for action in listed(statement["Action"])}


def test_no_action_is_a_wildcard(stage: Stage) -> None:
    for name, statement in statements(stage):
        assert not [action for action in listed(statement["Action"]) if "*" in action], name


def test_a_resource_is_a_wildcard_only_where_none_can_be_named(stage: Stage) -> None:
    for name, statement in statements(stage):
        if "*" in listed(statement["Resource"]):
            assert all(action.startswith(WITHOUT_RESOURCE) for action in listed(statement["Action"])), name


def test_nothing_uses_a_managed_policy(stage: Stage) -> None:
    assert not [role for role in stage.properties("AWS::IAM::Role") if "ManagedPolicyArns" in role]


# All that querying may change, and of what: its own answers, their files and queue, and saved questions.
CHANGES = {
    "dynamodb:PutItem": ("TablesAnswers", "TablesReports"),
    "dynamodb:DeleteItem": ("TablesReports",),
    "s3:PutObject": ("ResultsBucket",),
    "sqs:SendMessage": ("QueryingQueue",),
    "sqs:ReceiveMessage": ("QueryingQueue",),
    "sqs:ChangeMessageVisibility": ("QueryingQueue",),
    "sqs:DeleteMessage": ("QueryingQueue",),
}
READS = ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "s3:GetObject", "s3:ListBucket")
BESIDE = (
    "es:ESHttpGet",
    "es:ESHttpPost",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "kms:",
    "xray:",
    "logs:",
    "ec2:",
)


def test_querying_changes_answers_and_saved_questions_and_nothing_else(stage: Stage) -> None:
    granted = [statement for statement in of_role(stage, "query_api") if statement["Effect"] == "Allow"]
    for statement in granted:
        for action in listed(statement["Action"]):
            if action.startswith((*READS, *BESIDE)):
                continue
            for resource in listed(statement["Resource"]):
                assert any(word in json.dumps(resource) for word in CHANGES[action]), (action, resource)
    assert set(CHANGES) <= allowed(stage, "query_api")


def test_querying_is_denied_what_writes_to_the_index(stage: Stage) -> None:
    denied = [statement for statement in of_role(stage, "query_api") if statement["Effect"] == "Deny"]
    text = json.dumps(denied)
    assert {"es:ESHttpPut", "es:ESHttpDelete", "es:ESHttpPatch", "es:ESHttpPost"} <= {
        action for statement in denied for action in listed(statement["Action"])
    }
    for path in ("_bulk", "_doc", "_update", "_delete_by_query", "_update_by_query", "_reindex"):
        assert f"/{path}" in text, path


def test_ingest_cannot_see_the_index_or_the_archive(stage: Stage) -> None:
    assert not [action for action in allowed(stage, "ingest_events") if action.startswith(("es:", "s3:"))]
    assert "sqs:SendMessage" in allowed(stage, "ingest_events")
    assert "sqs:ReceiveMessage" not in allowed(stage, "ingest_events")


def test_indexing_cannot_read_or_delete_what_is_archived(stage: Stage) -> None:
    assert {action for action in allowed(stage, "index_events") if action.startswith("s3:")} == {"s3:PutObject"}
    assert "es:ESHttpDelete" not in allowed(stage, "index_events")


def test_only_maintenance_deletes_indices_and_only_compaction_deletes_events_of_the_archive(stage: Stage) -> None:
    roles = stage.stacks.storage.access.roles
    assert [role for role in roles if "es:ESHttpDelete" in allowed(stage, role)] == ["maintain_indices"]
    deleting = [role for role in roles if "s3:DeleteObject" in allowed(stage, role)]
    assert sorted(deleting) == ["compact_archive", "manage_api", "run_service"]
    sheets = [one for one in of_role(stage, "manage_api") if "s3:DeleteObject" in listed(one["Action"])]
    assert all("/spend/*" in json.dumps(one["Resource"]) for one in sheets)


def test_who_sends_to_a_queue_with_a_key_may_make_data_keys(stage: Stage) -> None:
    """SQS encrypts what is sent, and reads what it has made before, with the sender's right to the key."""
    own = {name.partition("/")[2] for name, queue in stage.of_type("AWS::SQS::Queue").items() if with_key(queue)}
    senders = {role for role in stage.stacks.storage.access.roles if sends_to(own, of_role(stage, role))}
    assert senders >= {"ingest_events", "index_events", "attribute_conversions", "manage_api"}
    for role in senders:
        assert {"kms:GenerateDataKey", "kms:Decrypt"} <= allowed(stage, role), role
    assert not [role for role in rights.SENDS if role not in senders]


def with_key(queue: dict[str, Any]) -> bool:
    return "KmsMasterKeyId" in queue["Properties"]


def sends_to(queues: set[str], granted: list[dict[str, Any]]) -> bool:
    """References name the queue's logical id, in its own stack and, in the name of an export, in others."""
    sending = [json.dumps(one["Resource"]) for one in granted if "sqs:SendMessage" in listed(one["Action"])]
    return any(queue in resource for queue in queues for resource in sending)
