"""Log groups with a stated retention and, where the stage asks for it, the stage's own key."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.config import StageConfig

# CloudWatch Logs offers these spans only.
RETENTION_DAYS = {
    7: logs.RetentionDays.ONE_WEEK,
    30: logs.RetentionDays.ONE_MONTH,
    90: logs.RetentionDays.THREE_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
}


def kept_log_group(scope: Construct, id: str, config: StageConfig, key: kms.IKey) -> logs.LogGroup:
    return logs.LogGroup(
        scope,
        id,
        retention=RETENTION_DAYS[config.retention.logs],
        encryption_key=key if config.encrypt_logs_with_own_key else None,
        # Logs are not the record of anything: events, rejected events and reports are.
        removal_policy=RemovalPolicy.DESTROY,
    )
