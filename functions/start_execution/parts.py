"""What starting an execution needs, made on first use."""

import time
from functools import cache

from touchline.adapters.aws_client import aws_client
from touchline.adapters.dynamodb.connections import DynamoDbConnections
from touchline.adapters.dynamodb.execution_log import DynamoDbExecutionLog
from touchline.adapters.dynamodb.executions import DynamoDbExecutions
from touchline.adapters.dynamodb.services import DynamoDbServices
from touchline.adapters.environment import read_settings
from touchline.adapters.step_functions import StepFunctionsWorkflows
from touchline.services.marketo.begin_execution import Beginning

from start_execution.settings import Settings


@cache
def settings() -> Settings:
    return read_settings(Settings)


def beginning() -> Beginning:
    tables = aws_client("dynamodb")
    return Beginning(
        DynamoDbConnections(tables, settings().connections_table),
        DynamoDbServices(tables, settings().services_table),
        DynamoDbExecutions(tables, settings().executions_table),
        DynamoDbExecutionLog(tables, settings().execution_logs_table),
        StepFunctionsWorkflows(aws_client("stepfunctions"), settings().execution_machine_arn),
    )


def now() -> int:
    """Epoch ms."""
    return time.time_ns() // 1_000_000
