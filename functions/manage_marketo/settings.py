"""All that the management of Marketo services reads from its environment; its construct sets these and no others."""

from dataclasses import dataclass

from touchline.adapters.environment import at_least


@dataclass(frozen=True)
class Settings:
    tenants_table: str
    api_keys_table: str
    connections_table: str
    services_table: str
    executions_table: str
    execution_logs_table: str
    marketo_quota_table: str
    idempotency_table: str
    client_secrets_prefix: str
    client_secrets_key: str
    execution_files_bucket: str
    execution_machine_arn: str
    schedule_group: str
    schedule_role_arn: str
    schedule_dead_letters_arn: str
    start_function_arn: str
    marketo_endpoints: str  # with commas
    least_minutes_between_runs: int = at_least(1)
