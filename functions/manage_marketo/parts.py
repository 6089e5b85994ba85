"""What the management of Marketo services is made of, built on first use and kept for the container's life."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from touchline.adapters.aws_client import aws_client, linking_s3_client
from touchline.adapters.dynamodb.api_keys import DynamoDbApiKeys
from touchline.adapters.dynamodb.connections import DynamoDbConnections
from touchline.adapters.dynamodb.execution_log import DynamoDbExecutionLog
from touchline.adapters.dynamodb.executions import DynamoDbExecutions
from touchline.adapters.dynamodb.marketo_ledger import DynamoDbQuotaLedger
from touchline.adapters.dynamodb.marketo_pace import DynamoDbPace
from touchline.adapters.dynamodb.marketo_tokens import DynamoDbAccessTokens
from touchline.adapters.dynamodb.services import DynamoDbGroups, DynamoDbServices
from touchline.adapters.dynamodb.tenants import DynamoDbTenants
from touchline.adapters.environment import read_settings
from touchline.adapters.execution_files import S3ExecutionFiles
from touchline.adapters.memory.client_secrets import MemoryClientSecrets
from touchline.adapters.memory.marketo_quota import MemoryAccessTokens
from touchline.adapters.schedules import EventBridgeSchedules, ScheduleTarget
from touchline.adapters.secrets_manager import SecretsManagerClientSecrets
from touchline.adapters.step_functions import StepFunctionsWorkflows
from touchline.domain.marketo.connections import Connection
from touchline.marketo_ports import AccessTokens, ClientSecrets, ExecutionFiles, Marketo
from touchline.services.authenticate import KeyRing
from touchline.services.marketo.begin_execution import Beginning
from touchline.services.marketo.managing import Managing

from manage_marketo.settings import Settings

if TYPE_CHECKING:
    from touchline.adapters.saved_answers import SavedAnswers

PATIENCE_MS: Final = 25_000  # API Gateway gives up after 30 s


@cache
def settings() -> Settings:
    return read_settings(Settings)


@cache
def key_ring() -> KeyRing:
    tables = aws_client("dynamodb")
    return KeyRing(
        DynamoDbApiKeys(tables, settings().api_keys_table), DynamoDbTenants(tables, settings().tenants_table)
    )


@cache
def client_secrets() -> ClientSecrets:
    return SecretsManagerClientSecrets(
        aws_client("secretsmanager"), settings().client_secrets_prefix, settings().client_secrets_key
    )


@cache
def files() -> ExecutionFiles:
    return S3ExecutionFiles(aws_client("s3"), settings().execution_files_bucket, linking_s3_client())


@cache
def saved_answers() -> "SavedAnswers":
    # Loads a library that few requests need.
    from touchline.adapters.saved_answers import SavedAnswers

    return SavedAnswers(aws_client("dynamodb"), settings().idempotency_table, "manage_marketo")


@dataclass(frozen=True, slots=True)
class Instances:
    """Instances of Marketo for one request, which is answered at the time `until` (epoch ms) whatever they do."""

    until: int

    def open_marketo(self, tenant: str, connection: Connection, execution: str | None) -> Marketo:
        tokens = DynamoDbAccessTokens(aws_client("dynamodb"), settings().marketo_quota_table)
        return _opened(tenant, connection, execution, client_secrets(), tokens, self.time_left)

    def try_marketo(self, tenant: str, connection: Connection, secret: str) -> Marketo:
        """With a secret that is kept nowhere yet, and a token of its own: the kept one says nothing of this secret."""
        secrets_of_this_try = MemoryClientSecrets()
        secrets_of_this_try.put(tenant, connection.id, secret)
        return _opened(tenant, connection, None, secrets_of_this_try, MemoryAccessTokens(), self.time_left)

    def time_left(self) -> int:
        return self.until - now()


def _opened(
    tenant: str,
    connection: Connection,
    execution: str | None,
    secrets: ClientSecrets,
    tokens: AccessTokens,
    time_left: Callable[[], int],
) -> Marketo:
    # Loads an HTTP client, which most requests do without.
    from touchline.adapters.marketo.opening import open_marketo as open_instance

    tables, table = aws_client("dynamodb"), settings().marketo_quota_table
    return open_instance(
        tenant,
        connection,
        execution,
        secrets=secrets,
        tokens=tokens,
        ledger=DynamoDbQuotaLedger(tables, table),
        pace=DynamoDbPace(tables, table),
        time_left=time_left,
    )


def managing(tenant: str) -> Managing:
    tables, begun = aws_client("dynamodb"), now()
    instances = Instances(begun + PATIENCE_MS)
    return Managing(
        tenant=tenant,
        now=begun,
        connections=DynamoDbConnections(tables, settings().connections_table),
        groups=DynamoDbGroups(tables, settings().services_table),
        services=DynamoDbServices(tables, settings().services_table),
        executions=DynamoDbExecutions(tables, settings().executions_table),
        log=DynamoDbExecutionLog(tables, settings().execution_logs_table),
        schedules=EventBridgeSchedules(aws_client("scheduler"), _target()),
        secrets=client_secrets(),
        ledger=DynamoDbQuotaLedger(tables, settings().marketo_quota_table),
        workflows=StepFunctionsWorkflows(aws_client("stepfunctions"), settings().execution_machine_arn),
        open_marketo=instances.open_marketo,
        try_marketo=instances.try_marketo,
        endpoints=tuple(settings().marketo_endpoints.split(",")),
        least_minutes=settings().least_minutes_between_runs,
    )


def beginning(managing: Managing) -> Beginning:
    return Beginning(managing.connections, managing.services, managing.executions, managing.log, managing.workflows)


def now() -> int:
    return time.time_ns() // 1_000_000


def draw_id() -> str:
    """64 random bits: enough to tell a tenant's own things apart, and short enough to be read out."""
    return secrets.token_hex(8)


def _target() -> ScheduleTarget:
    return ScheduleTarget(
        group=settings().schedule_group,
        function_arn=settings().start_function_arn,
        role_arn=settings().schedule_role_arn,
        dead_letters_arn=settings().schedule_dead_letters_arn,
    )
