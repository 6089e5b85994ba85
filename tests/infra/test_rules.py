"""cdk-nag finds nothing that nobody explained, in any stage."""

import aws_cdk as cdk
from aws_cdk import aws_sqs as sqs
from cdk_nag import AwsSolutionsChecks

from infra.acknowledgements import EXCUSES, written
from infra.app import new_app
from tests.infra.conftest import Stage


def test_no_finding_is_left_unexplained(stage: Stage) -> None:
    report = AwsSolutionsChecks().validate_scope(stage.app)
    assert [(finding.rule_name, finding.violating_resources) for finding in report.violations] == []


def test_a_finding_that_nobody_explained_is_reported() -> None:
    stack = cdk.Stack(new_app(), "Careless")
    sqs.Queue(stack, "WithoutDeadLetters")
    report = AwsSolutionsChecks().validate_scope(stack)
    assert "AwsSolutions-SQS3" in {finding.rule_name for finding in report.violations}


def test_every_excuse_is_a_sentence() -> None:
    for name, excuse in EXCUSES.items():
        assert len(excuse.reason.split()) > 8, name
        assert excuse.reason.endswith("."), name


def test_references_are_written_as_the_rules_write_them() -> None:
    joined = {"Fn::Join": ["", [{"Fn::GetAtt": ["Search", "Arn"]}, "/*/", {"Ref": "Name"}]]}
    assert written(joined) == "<Search.Arn>/*/<Name>"
