"""Things of a tenant in memory, changed by revision as the tables do."""

from dataclasses import replace
from typing import Protocol

from touchline.domain.answers import Answer
from touchline.domain.reports import Report
from touchline.errors import Conflict


class Revised(Protocol):
    @property
    def tenant(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def revision(self) -> int: ...


class _Revised[Item: Revised]:
    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Item] = {}

    def get(self, tenant: str, item_id: str) -> Item | None:
        return self.kept.get((tenant, item_id))

    def add(self, item: Item) -> None:
        if (item.tenant, item.id) in self.kept:
            raise Conflict("The id is taken.")
        self.kept[item.tenant, item.id] = item

    def replace(self, item: Item) -> None:
        before = self.kept.get((item.tenant, item.id))
        if before is None or before.revision != item.revision - 1:
            raise Conflict("It was changed by somebody else meanwhile; read it again.")
        self.kept[item.tenant, item.id] = item


class MemoryAnswers(_Revised[Answer]):
    def unfinished(self, tenant: str) -> list[Answer]:
        own = (one for one in self.kept.values() if one.tenant == tenant and not one.is_over)
        return [replace(one, body="", problem=None) for one in own]


class MemoryReports(_Revised[Report]):
    def delete(self, tenant: str, report_id: str) -> None:
        self.kept.pop((tenant, report_id), None)

    def of_tenant(self, tenant: str) -> list[Report]:
        own = (one for one in self.kept.values() if one.tenant == tenant)
        return sorted(own, key=lambda one: (one.created_at, one.id))
