"""All that preparing the search domain reads from its environment; its construct sets these names and no others."""

from dataclasses import dataclass

from touchline.adapters.environment import at_least


@dataclass(frozen=True)
class Settings:
    """The ARNs are lists with commas."""

    search_endpoint: str
    search_shards: int = at_least(1)
    search_replicas: int = at_least(0)
    query_role_arns: str = ""
    write_role_arns: str = ""
    manage_role_arns: str = ""
    maintain_role_arns: str = ""
    attribute_role_arns: str = ""

    def holders(self) -> dict[str, list[str]]:
        """By kind of work, the roles that do it."""
        return {
            kind: [arn for arn in getattr(self, f"{kind}_role_arns").split(",") if arn]
            for kind in ("query", "write", "manage", "maintain", "attribute")
        }
