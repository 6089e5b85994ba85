"""All that management reads from its environment; its construct sets these names and no others."""

from dataclasses import dataclass

from touchline.adapters.environment import at_least
from touchline.domain.limits import MAX_AGE_DAYS


@dataclass(frozen=True)
class Settings:
    search_endpoint: str
    archive_bucket: str
    tenants_table: str
    api_keys_table: str
    events_queue_url: str
    identities_table: str
    attribution_queue_url: str
    goals_table: str
    progress_table: str
    backfill_machine_arn: str
    event_retention_days: int = at_least(2)
    event_max_age_days: int = at_least(1, default=MAX_AGE_DAYS)
