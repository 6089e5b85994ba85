"""All that the stages of an execution read from their environment; their construct sets these names and no others."""

from dataclasses import dataclass

from touchline.adapters.environment import at_least
from touchline.domain.limits import MAX_AGE_DAYS


@dataclass(frozen=True)
class Settings:
    tenants_table: str
    connections_table: str
    executions_table: str
    execution_logs_table: str
    marketo_quota_table: str
    execution_files_bucket: str
    secrets_prefix: str
    notices_bus: str
    events_queue_url: str
    poll_first_seconds: int = at_least(1)
    poll_longest_seconds: int = at_least(1)
    import_poll_seconds: int = at_least(1)
    unavailable_first_seconds: int = at_least(1)
    unavailable_longest_seconds: int = at_least(1)
    merge_settle_seconds: int = at_least(1)
    longest_wait_seconds: int = at_least(1)
    hold_seconds: int = at_least(1)
    part_bytes: int = at_least(1)
    piece_bytes: int = at_least(1)
    work_at_once_bytes: int = at_least(1)
    event_max_age_days: int = at_least(1, default=MAX_AGE_DAYS)
