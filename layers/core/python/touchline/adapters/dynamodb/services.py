"""Services on lists and their groups, kept in one table of DynamoDB."""

from typing import Any, Final

from pydantic import TypeAdapter

from touchline.adapters.dynamodb.named_items import NamedItems
from touchline.domain.marketo.services import Group, Service

GROUP: Final = TypeAdapter(Group)
SERVICE: Final = TypeAdapter(Service)


class DynamoDbGroups(NamedItems[Group]):
    def __init__(self, client: Any, table: str) -> None:
        super().__init__(client, table, "group", GROUP)


class DynamoDbServices:
    def __init__(self, client: Any, table: str) -> None:
        self._items = NamedItems(client, table, "service", SERVICE, lambda service: service.group)

    def add(self, tenant: str, service: Service) -> None:
        self._items.add(tenant, service)

    def get(self, tenant: str, service: str) -> Service | None:
        return self._items.get(tenant, service)

    def all(self, tenant: str, *, connection: str | None = None, group: str | None = None) -> list[Service]:
        return [
            service
            for service in self._items.all(tenant)
            if connection in {None, service.connection} and group in {None, service.group}
        ]

    def replace(self, tenant: str, service: Service) -> None:
        self._items.replace(tenant, service)

    def delete(self, tenant: str, service: str) -> None:
        self._items.delete(tenant, service)
