"""All that compaction reads from its environment; its construct sets these names and no others."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    archive_bucket: str
    search_endpoint: str
    progress_table: str
    attribution_queue_url: str
