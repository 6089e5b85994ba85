"""All that reconciliation reads from its environment; its construct sets these names and no others."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(frozen=True)

    archive_bucket: str = Field(min_length=1)
    search_endpoint: str = Field(min_length=1)
    progress_table: str = Field(min_length=1)
