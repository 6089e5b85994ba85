"""What the stages work with, made on first use."""

import time
from functools import cache
from typing import Final

from aws_lambda_powertools.utilities.typing import LambdaContext
from touchline.adapters.aws_client import aws_client
from touchline.adapters.dynamodb.connections import DynamoDbConnections
from touchline.adapters.dynamodb.execution_log import DynamoDbExecutionLog
from touchline.adapters.dynamodb.executions import DynamoDbExecutions
from touchline.adapters.dynamodb.marketo_ledger import DynamoDbQuotaLedger
from touchline.adapters.dynamodb.marketo_pace import DynamoDbPace
from touchline.adapters.dynamodb.marketo_tokens import DynamoDbAccessTokens
from touchline.adapters.dynamodb.tenants import DynamoDbTenants
from touchline.adapters.environment import read_settings
from touchline.adapters.event_bridge import EventBridgeNotices
from touchline.adapters.execution_files import S3ExecutionFiles
from touchline.adapters.marketo.opening import open_marketo
from touchline.adapters.packing import ZstdPacking
from touchline.adapters.secrets_manager import SecretsManagerClientSecrets
from touchline.adapters.sqs import SqsEventQueue
from touchline.domain.marketo.connections import Connection
from touchline.marketo_ports import Marketo
from touchline.services.marketo.import_activities import EventIntake
from touchline.services.marketo.usage import CountedLedger
from touchline.services.marketo.work import OpenMarketo, Sizes, Waits, Work

from run_service.settings import Settings

SPARE_MS: Final = 10_000  # to keep what was found, and say so


@cache
def settings() -> Settings:
    return read_settings(Settings)


def now() -> int:
    """Epoch ms."""
    return time.time_ns() // 1_000_000


@cache
def ledger() -> DynamoDbQuotaLedger:
    return DynamoDbQuotaLedger(aws_client("dynamodb"), settings().marketo_quota_table)


@cache
def _shared() -> tuple[SecretsManagerClientSecrets, DynamoDbAccessTokens, DynamoDbPace]:
    tables, quota = aws_client("dynamodb"), settings().marketo_quota_table
    secrets = SecretsManagerClientSecrets(aws_client("secretsmanager"), settings().secrets_prefix)
    return secrets, DynamoDbAccessTokens(tables, quota), DynamoDbPace(tables, quota)


def working(counted: CountedLedger, context: LambdaContext) -> Work:
    """`counted`: what the execution uses is noted there."""
    tables = aws_client("dynamodb")
    return Work(
        open_marketo=_opener(counted, context),
        tenants=DynamoDbTenants(tables, settings().tenants_table),
        connections=DynamoDbConnections(tables, settings().connections_table),
        ledger=counted,
        executions=DynamoDbExecutions(tables, settings().executions_table),
        files=S3ExecutionFiles(aws_client("s3"), settings().execution_files_bucket),
        log=DynamoDbExecutionLog(tables, settings().execution_logs_table),
        notices=EventBridgeNotices(aws_client("events"), settings().notices_bus),
        clock=now,
        waits=waits(),
        sizes=Sizes(settings().part_bytes, settings().piece_bytes, settings().work_at_once_bytes),
        more={"events": events()},
    )


def events() -> EventIntake:
    queue = SqsEventQueue(aws_client("sqs"), settings().events_queue_url)
    return EventIntake(ZstdPacking(), queue, settings().event_max_age_days)


def waits() -> Waits:
    kept = settings()
    return Waits(
        poll_first=kept.poll_first_seconds,
        poll_longest=kept.poll_longest_seconds,
        import_poll=kept.import_poll_seconds,
        unavailable_first=kept.unavailable_first_seconds,
        unavailable_longest=kept.unavailable_longest_seconds,
        merge_settle=kept.merge_settle_seconds,
        longest=kept.longest_wait_seconds,
        hold=kept.hold_seconds,
    )


def _opener(counted: CountedLedger, context: LambdaContext) -> OpenMarketo:
    def time_left() -> int:
        return context.get_remaining_time_in_millis() - SPARE_MS

    def opened(tenant: str, connection: Connection, execution: str | None) -> Marketo:
        secrets, tokens, pace = _shared()
        return open_marketo(
            tenant,
            connection,
            execution,
            secrets=secrets,
            tokens=tokens,
            ledger=counted,
            pace=pace,
            time_left=time_left,
        )

    return opened
