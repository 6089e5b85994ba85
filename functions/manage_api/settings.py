"""All that management reads from its environment; its construct sets these names and no others."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from touchline.domain.limits import MAX_AGE_DAYS


class Settings(BaseSettings):
    model_config = SettingsConfigDict(frozen=True)

    search_endpoint: str = Field(min_length=1)
    tenants_table: str = Field(min_length=1)
    api_keys_table: str = Field(min_length=1)
    events_queue_url: str = Field(min_length=1)
    event_max_age_days: int = Field(default=MAX_AGE_DAYS, gt=0)
