"""Notices that were told, in memory."""

from collections.abc import Mapping
from typing import Any


class MemoryNotices:
    def __init__(self) -> None:
        self.told: list[tuple[str, str, dict[str, Any]]] = []

    def tell(self, tenant: str, kind: str, facts: Mapping[str, Any]) -> None:
        self.told.append((tenant, kind, dict(facts)))
