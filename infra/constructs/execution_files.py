"""The bucket of executions' files: leads as they were extracted, and what was changed, with what undoes it."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.config import StageConfig


class ExecutionFiles(Construct):
    """`working/…` holds what the next stage needs and is gone in days, `pending/…` what is still to be merged, `kept/…`
    what people ask for later."""

    def __init__(
        self, scope: Construct, id: str, *, config: StageConfig, key: kms.IKey, access_logs: s3.IBucket
    ) -> None:
        super().__init__(scope, id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            enforce_ssl=True,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix="executions/",
            lifecycle_rules=[
                _gone_after(config.marketo.working_files_days, "working/"),
                _gone_after(config.marketo.pending_files_days, "pending/"),
                _gone_after(config.marketo.kept_files_days, "kept/"),
            ],
            removal_policy=RemovalPolicy.RETAIN if config.retain_data else RemovalPolicy.DESTROY,
        )


def _gone_after(days: int, prefix: str) -> s3.LifecycleRule:
    return s3.LifecycleRule(
        prefix=prefix, expiration=Duration.days(days), abort_incomplete_multipart_upload_after=Duration.days(1)
    )
