"""All that this function reads from its environment; its construct sets these names and no others."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    tenants_table: str
    api_keys_table: str
