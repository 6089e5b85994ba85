"""All that queries read from their environment; their construct sets these names and no others."""

from dataclasses import dataclass

from touchline.adapters.environment import at_least


@dataclass(frozen=True)
class Settings:
    search_endpoint: str
    archive_bucket: str
    tenants_table: str
    identities_table: str
    api_keys_table: str
    goals_table: str
    progress_table: str
    events_queue_url: str
    answers_table: str
    answers_queue_url: str
    results_bucket: str
    reports_table: str
    event_retention_days: int = at_least(2)
