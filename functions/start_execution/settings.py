"""All that starting an execution by schedule reads from its environment; its construct sets these and no others."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    connections_table: str
    services_table: str
    executions_table: str
    execution_logs_table: str
    execution_machine_arn: str
