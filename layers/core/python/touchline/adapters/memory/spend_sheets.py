"""Spend sheets kept in memory."""

from touchline.domain.spend import SpendSheet


class MemorySpendSheets:
    def __init__(self) -> None:
        self._sheets: dict[tuple[str, str], SpendSheet] = {}

    def put(self, tenant: str, sheet: SpendSheet) -> None:
        self._sheets[tenant, sheet.name] = sheet

    def get(self, tenant: str, name: str) -> SpendSheet | None:
        return self._sheets.get((tenant, name))

    def all(self, tenant: str) -> list[SpendSheet]:
        return [sheet for (owner, _), sheet in sorted(self._sheets.items(), key=lambda one: one[0]) if owner == tenant]

    def delete(self, tenant: str, name: str) -> None:
        self._sheets.pop((tenant, name), None)
