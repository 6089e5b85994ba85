"""All that a backfill reads from its environment; its construct sets these names and no others."""

from dataclasses import dataclass

from touchline.adapters.environment import at_least


@dataclass(frozen=True)
class Settings:
    archive_bucket: str
    search_endpoint: str
    goals_table: str
    identities_table: str
    progress_table: str
    event_retention_days: int = at_least(2)
