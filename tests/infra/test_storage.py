"""What is kept outlives its stack, is encrypted with the stage's key, and can be restored."""

import pytest

from tests.infra.conftest import Stage

STATEFUL = (
    "AWS::OpenSearchService::Domain",
    "AWS::S3::Bucket",
    "AWS::DynamoDB::Table",
    "AWS::KMS::Key",
)


@pytest.mark.parametrize("kind", STATEFUL)
def test_what_is_kept_on_aws_survives_its_stack(dev: Stage, prod: Stage, kind: str) -> None:
    for stage in (dev, prod):
        resources = stage.of_type(kind)
        assert resources
        for name, resource in resources.items():
            assert resource["DeletionPolicy"] == "Retain", name
            assert resource["UpdateReplacePolicy"] == "Retain", name


def test_stacks_of_aws_stages_cannot_be_deleted_by_accident(prod: Stage, local: Stage) -> None:
    assert prod.stacks.storage.termination_protection
    assert not local.stacks.storage.termination_protection


def test_the_local_stage_leaves_nothing_behind(local: Stage) -> None:
    for kind in STATEFUL:
        assert {resource["DeletionPolicy"] for resource in local.of_type(kind).values()} == {"Delete"}


def test_tables_have_the_documented_keys(stage: Stage) -> None:
    keys = {
        name.split("/Tables")[1][:-8]: [key["AttributeName"] for key in table["Properties"]["KeySchema"]]
        for name, table in stage.of_type("AWS::DynamoDB::Table").items()
    }
    assert keys == {
        "Tenants": ["tenant"],
        "ApiKeys": ["key_id"],
        "RateLimits": ["window"],
        "Idempotency": ["id"],
        "Progress": ["pk", "sk"],
        "Identities": ["node"],
        "Answers": ["tenant", "id"],
        "Reports": ["tenant", "id"],
        "Connections": ["tenant", "sk"],
        "Services": ["tenant", "sk"],
        "Executions": ["tenant", "id"],
        "ExecutionLogs": ["execution", "line"],
        "Goals": ["tenant", "sk"],
        "MarketoQuota": ["connection", "sk"],
    }


def test_passing_items_expire_and_kept_tables_can_be_restored(stage: Stage) -> None:
    for name, table in stage.of_type("AWS::DynamoDB::Table").items():
        properties = table["Properties"]
        if any(word in name for word in ("RateLimits", "Idempotency", "Answers", "MarketoQuota")):
            assert properties["TimeToLiveSpecification"]["Enabled"], name
        else:
            assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], name
            assert properties["DeletionProtectionEnabled"] == stage.config.retain_data, name


def test_keys_of_a_tenant_are_found_oldest_first(stage: Stage) -> None:
    (keys,) = [table for name, table in stage.of_type("AWS::DynamoDB::Table").items() if "TablesApiKeys" in name]
    (index,) = keys["Properties"]["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "by_tenant"
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["tenant", "created_at"]


def test_answers_under_way_are_found_without_their_questions(stage: Stage) -> None:
    (answers,) = [table for name, table in stage.of_type("AWS::DynamoDB::Table").items() if "TablesAnswers" in name]
    (index,) = answers["Properties"]["GlobalSecondaryIndexes"]
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["open_of", "id"]
    assert {"state", "since", "heard_at", "tries"} <= set(index["Projection"]["NonKeyAttributes"])
    assert "body" not in index["Projection"]["NonKeyAttributes"]


def test_everything_kept_is_encrypted_with_the_stages_key(stage: Stage) -> None:
    for table in stage.properties("AWS::DynamoDB::Table"):
        assert table["SSESpecification"]["SSEType"] == "KMS"
        assert "KMSMasterKeyId" in table["SSESpecification"]
    (domain,) = stage.properties("AWS::OpenSearchService::Domain")
    assert domain["EncryptionAtRestOptions"]["Enabled"]
    assert "KmsKeyId" in domain["EncryptionAtRestOptions"]
    logged = {
        name: bucket["Properties"]
        for name, bucket in stage.of_type("AWS::S3::Bucket").items()
        if "LoggingConfiguration" in bucket["Properties"]
    }
    assert len(logged) == 3
    for name, bucket in logged.items():
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
        # What was sent in cannot be made again; results can, and are gone after eight days.
        assert ("VersioningConfiguration" in bucket) == ("Archive" in name)
        lifetimes = {rule.get("Prefix"): rule["ExpirationInDays"] for rule in bucket["LifecycleConfiguration"]["Rules"]}
        assert ("Archive" in name) or 8 in lifetimes.values()
        # Leads as they were extracted are gone soon; what was changed, and what undoes it, stays.
        assert ("ExecutionFiles" not in name) or lifetimes == {"working/": 8, "pending/": 90, "kept/": 400}


def test_buckets_are_never_public(stage: Stage) -> None:
    for bucket in stage.properties("AWS::S3::Bucket"):
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}


def test_a_page_may_follow_the_link_to_an_answer_where_it_may_ask(stage: Stage) -> None:
    """It is sent there from another host than its own, so that browsers name its origin as null."""
    shared = {
        name: bucket["Properties"]["CorsConfiguration"]["CorsRules"]
        for name, bucket in stage.of_type("AWS::S3::Bucket").items()
        if "CorsConfiguration" in bucket["Properties"]
    }
    assert bool(shared) == bool(stage.config.cors_origins)
    for name, (rule,) in shared.items():
        assert "Results" in name
        assert rule["AllowedOrigins"] == ["*"]
        assert rule["AllowedMethods"] == ["GET"]


def test_buckets_demand_tls(stage: Stage) -> None:
    denials = str(stage.properties("AWS::S3::BucketPolicy")).count("aws:SecureTransport")
    assert denials == len(stage.of_type("AWS::S3::Bucket"))


def test_the_stages_key_rotates(stage: Stage) -> None:
    (key,) = stage.properties("AWS::KMS::Key")
    assert key["EnableKeyRotation"]


def test_nothing_has_a_physical_name(stage: Stage) -> None:
    names = {"BucketName", "TableName", "QueueName", "TopicName", "FunctionName", "DomainName", "RoleName"}
    for kind in (*STATEFUL, "AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::Lambda::Function", "AWS::IAM::Role"):
        for resource in stage.properties(kind):
            assert not names & set(resource)
