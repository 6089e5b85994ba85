"""Small facts about work done, kept in memory."""

from collections.abc import Mapping
from typing import Any


class MemoryProgress:
    def __init__(self) -> None:
        self._facts: dict[str, dict[str, dict[str, Any]]] = {}

    def put(self, pk: str, sk: str, facts: Mapping[str, Any]) -> None:
        kept = {name: value for name, value in facts.items() if value is not None}
        self._facts.setdefault(pk, {})[sk] = kept

    def get(self, pk: str, sk: str) -> dict[str, Any] | None:
        facts = self._facts.get(pk, {}).get(sk)
        return None if facts is None else dict(facts)

    def newest(self, pk: str, limit: int) -> list[dict[str, Any]]:
        found = sorted(self._facts.get(pk, {}).items(), reverse=True)[:limit]
        return [{**facts, "sk": sk} for sk, facts in found]
