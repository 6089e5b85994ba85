"""All that attribution reads from its environment; its construct sets these names and no others."""

from dataclasses import dataclass

from touchline.adapters.environment import at_least


@dataclass(frozen=True)
class Settings:
    search_endpoint: str
    goals_table: str
    identities_table: str
    progress_table: str
    attribution_queue_url: str
    dead_letters_url: str
    attribution_delay_seconds: int = at_least(0)
    event_retention_days: int = at_least(2)
