"""All that preparing the search domain reads from its environment; its construct sets these names and no others."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The ARNs are lists with commas."""

    model_config = SettingsConfigDict(frozen=True)

    search_endpoint: str = Field(min_length=1)
    search_shards: int = Field(ge=1)
    search_replicas: int = Field(ge=0)
    query_role_arns: str
    write_role_arns: str
    manage_role_arns: str
    maintain_role_arns: str

    def holders(self) -> dict[str, list[str]]:
        """By kind of work, the roles that do it."""
        return {
            kind: [arn for arn in getattr(self, f"{kind}_role_arns").split(",") if arn]
            for kind in ("query", "write", "manage", "maintain")
        }
