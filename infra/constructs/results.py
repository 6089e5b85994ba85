"""The bucket of results: files of answers that were put off or are too large for a response, for a week."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.config import StageConfig

KEPT_FOR = Duration.days(8)  # answers are told for 7 days, and their links work for minutes more


class Results(Construct):
    """All of it can be asked for again: it needs no versions."""

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
            server_access_logs_prefix="results/",
            lifecycle_rules=[
                s3.LifecycleRule(expiration=KEPT_FOR, abort_incomplete_multipart_upload_after=Duration.days(1))
            ],
            cors=_readers(list(config.cors_origins)),
            removal_policy=RemovalPolicy.RETAIN if config.retain_data else RemovalPolicy.DESTROY,
        )


def _readers(origins: list[str]) -> list[s3.CorsRule]:
    """A page that may ask the API may also follow the link that it is answered with.

    Any origin: a browser that is sent on from one host to another says that it comes from "null". Nothing is opened by
    that: without a signed link there is nothing to read, and with one no page is needed.
    """
    if not origins:
        return []
    rule = s3.CorsRule(
        allowed_methods=[s3.HttpMethods.GET],
        allowed_origins=["*"],
        allowed_headers=["*"],  # those of the question are sent along
        exposed_headers=["content-disposition"],
        max_age=3600,
    )
    return [rule]
