"""All that indexing reads from its environment; its construct sets these names and no others."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    search_endpoint: str
    archive_bucket: str
    progress_table: str
    events_queue_url: str
    dead_letters_url: str
