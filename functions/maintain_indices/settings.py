"""All that maintenance reads from its environment; its construct sets these names and no others."""

from dataclasses import dataclass

from touchline.adapters.environment import at_least


@dataclass(frozen=True)
class Settings:
    search_endpoint: str
    event_retention_days: int = at_least(2)
    rejected_retention_days: int = at_least(2)
    conversion_retention_days: int = at_least(32)
