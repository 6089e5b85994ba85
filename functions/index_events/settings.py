"""All that indexing reads from its environment; its construct sets these names and no others."""

from dataclasses import dataclass

from touchline.adapters.environment import at_least


@dataclass(frozen=True)
class Settings:
    search_endpoint: str
    archive_bucket: str
    progress_table: str
    identities_table: str
    events_queue_url: str
    dead_letters_url: str
    goals_table: str
    attribution_queue_url: str
    attribution_delay_seconds: int = at_least(0)
    goals_kept_seconds: int = at_least(0)
