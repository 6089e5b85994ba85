"""Where messages and invocations wait that failed for good: 14 days, seen by an alarm, run again by hand."""

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

KEPT_FOR = Duration.days(14)  # the longest that SQS offers


def dead_letters(scope: Construct, id: str, key: kms.IKey | None = None) -> sqs.Queue:
    """With `key` for queues that hold events; without, for failed invocations, which hold no personal data."""
    return sqs.Queue(
        scope,
        id,
        retention_period=KEPT_FOR,
        encryption=sqs.QueueEncryption.KMS if key else sqs.QueueEncryption.SQS_MANAGED,
        encryption_master_key=key,
        enforce_ssl=True,
    )
