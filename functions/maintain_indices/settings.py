"""All that maintenance reads from its environment; its construct sets these names and no others."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(frozen=True)

    search_endpoint: str = Field(min_length=1)
    event_retention_days: int = Field(ge=2)
    rejected_retention_days: int = Field(ge=2)
