"""All that this function reads from its environment; its construct sets these names and no others."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(frozen=True)

    tenants_table: str = Field(min_length=1)
    api_keys_table: str = Field(min_length=1)
