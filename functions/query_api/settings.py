"""All that queries read from their environment; their construct sets these names and no others."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(frozen=True)

    search_endpoint: str = Field(min_length=1)
    tenants_table: str = Field(min_length=1)
    api_keys_table: str = Field(min_length=1)
    progress_table: str = Field(min_length=1)
    events_queue_url: str = Field(min_length=1)
