"""Marketo services: schedules of one group start one function, and secrets are in the hands of few."""

import json
from typing import Any

from tests.infra.conftest import Stage
from tests.infra.test_least_privilege import allowed, listed, of_role


def named(stage: Stage, capability: str, action: str) -> list[dict[str, Any]]:
    return [one for one in of_role(stage, capability) if action in listed(one["Action"])]


def test_schedules_are_changed_in_one_group_alone(stage: Stage) -> None:
    (grant,) = named(stage, "manage_marketo", "scheduler:CreateSchedule")
    assert set(grant["Action"]) == {f"scheduler:{call}Schedule" for call in ("Create", "Update", "Delete")}
    assert "ManagementSchedules" in json.dumps(grant["Resource"])
    others = [role for role in stage.stacks.storage.access.roles if named(stage, role, "scheduler:CreateSchedule")]
    assert others == ["manage_marketo"]


def test_the_role_of_schedules_is_passed_to_the_scheduler_alone_and_starts_one_function(stage: Stage) -> None:
    (grant,) = named(stage, "manage_marketo", "iam:PassRole")
    assert grant["Condition"] == {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}
    assert "SchedulerRole" in json.dumps(grant["Resource"])
    policies = stage.of_type("AWS::IAM::Policy").items()
    (policy,) = [policy for name, policy in policies if "ManagementSchedulerRole" in name]
    actions = {
        action: json.dumps(one["Resource"])
        for one in policy["Properties"]["PolicyDocument"]["Statement"]
        for action in listed(one["Action"])
    }
    assert "ManagementStart" in actions.pop("lambda:InvokeFunction")
    assert {action for action in actions if "ScheduledDeadLetters" in actions[action]} == set(actions)
    roles = stage.of_type("AWS::IAM::Role").items()
    (role,) = [role for name, role in roles if "ManagementSchedulerRole" in name]
    (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert "aws:SourceAccount" in trust["Condition"]["StringEquals"]


def test_secrets_are_written_by_management_and_read_by_who_talks_to_marketo(stage: Stage) -> None:
    roles = stage.stacks.storage.access.roles
    writers = [role for role in roles if "secretsmanager:PutSecretValue" in allowed(stage, role)]
    readers = [role for role in roles if "secretsmanager:GetSecretValue" in allowed(stage, role)]
    assert writers == ["manage_marketo"]
    assert sorted(readers) == ["manage_marketo", "run_service"]
    for role in readers:
        for grant in named(stage, role, "secretsmanager:GetSecretValue"):
            assert f"touchline-{stage.config.stage}/marketo/*" in json.dumps(grant["Resource"])


def test_leads_on_their_way_are_closed_to_management(stage: Stage) -> None:
    grants = named(stage, "manage_marketo", "s3:GetObject")
    assert grants
    assert all("/kept/*" in json.dumps(grant["Resource"]) for grant in grants)
    assert not {"s3:PutObject", "s3:DeleteObject"} & allowed(stage, "manage_marketo")


def test_who_talks_to_marketo_is_outside_the_private_network(prod: Stage) -> None:
    functions = prod.functions()
    assert "VpcConfig" in functions["manage_api.handler"]
    for module in ("manage_marketo.handler", "start_execution.handler"):
        assert "VpcConfig" not in functions[module]


def test_only_a_stage_on_one_machine_lets_connections_name_it(stage: Stage) -> None:
    endpoints = stage.functions()["manage_marketo.handler"]["Environment"]["Variables"]["MARKETO_ENDPOINTS"].split(",")
    assert "https://*.mktorest.com" in endpoints
    assert ("http://127.0.0.1" in endpoints) == (stage.config.stage == "local")
    assert len(endpoints) <= 2
