"""What people set up, and executions with their lines, kept in memory."""

from collections.abc import Mapping
from typing import Any, Protocol

from touchline.domain.marketo.connections import Connection
from touchline.domain.marketo.executions import ENDED, Execution
from touchline.domain.marketo.services import Group, Schedule, Service
from touchline.errors import Conflict
from touchline.marketo_ports import ExecutionPage, Row


class Named(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def revision(self) -> int: ...


class _NamedItems[Item: Named]:
    kind = "item"

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Item] = {}

    def add(self, tenant: str, item: Item) -> None:
        if (tenant, item.id) in self.kept:
            raise Conflict("The id is taken.")
        self._check_name(tenant, item)
        self.kept[tenant, item.id] = item

    def get(self, tenant: str, item_id: str) -> Item | None:
        return self.kept.get((tenant, item_id))

    def replace(self, tenant: str, item: Item) -> None:
        before = self.kept.get((tenant, item.id))
        if before is None or before.revision != item.revision - 1:
            raise Conflict("It was changed by somebody else meanwhile; read it again.")
        self._check_name(tenant, item)
        self.kept[tenant, item.id] = item

    def delete(self, tenant: str, item_id: str) -> None:
        self.kept.pop((tenant, item_id), None)

    def _of_tenant(self, tenant: str) -> list[Item]:
        own = (item for (owner, _), item in self.kept.items() if owner == tenant)
        return sorted(own, key=lambda item: (item.name.casefold(), item.id))

    def _check_name(self, tenant: str, item: Item) -> None:
        for other in self._of_tenant(tenant):
            if other.id != item.id and self._name(other) == self._name(item):
                raise Conflict(f"Another {self.kind} is named {item.name!r}.", field="name")

    def _name(self, item: Item) -> tuple[str, ...]:
        return (item.name.casefold(),)


class MemoryConnections(_NamedItems[Connection]):
    kind = "connection"

    def all(self, tenant: str) -> list[Connection]:
        return self._of_tenant(tenant)


class MemoryGroups(_NamedItems[Group]):
    kind = "group"

    def all(self, tenant: str) -> list[Group]:
        return self._of_tenant(tenant)


class MemoryServices(_NamedItems[Service]):
    kind = "service"

    def all(self, tenant: str, *, connection: str | None = None, group: str | None = None) -> list[Service]:
        own = self._of_tenant(tenant)
        return [one for one in own if connection in {None, one.connection} and group in {None, one.group}]

    def _name(self, item: Service) -> tuple[str, ...]:
        return (item.group, item.name.casefold())


class MemoryExecutions:
    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Execution] = {}

    def begin(self, execution: Execution, undone: Execution | None = None) -> None:
        if self.get(execution.tenant, execution.id) is not None:
            return
        if execution.state not in ENDED:
            self._check_free(execution)
        if undone is not None:
            self.replace(undone)
        self.kept[execution.tenant, execution.id] = execution

    def get(self, tenant: str, execution: str) -> Execution | None:
        return self.kept.get((tenant, execution))

    def under_way(self, tenant: str, service: str) -> Execution | None:
        own = (one for one in self.kept.values() if (one.tenant, one.service.id) == (tenant, service))
        return next((one for one in own if one.state not in ENDED), None)

    def replace(self, execution: Execution) -> None:
        before = self.get(execution.tenant, execution.id)
        if before is None or before.revision != execution.revision - 1:
            raise Conflict("The execution was changed meanwhile; read it again.")
        if execution.state not in ENDED:
            self._check_free(execution)
        self.kept[execution.tenant, execution.id] = execution

    def page(
        self, tenant: str, *, service: str | None = None, limit: int = 50, after: str | None = None
    ) -> ExecutionPage:
        own = [one for one in self.kept.values() if one.tenant == tenant and service in {None, one.service.id}]
        older = sorted((one for one in own if after is None or one.id < after), key=lambda one: one.id, reverse=True)
        return ExecutionPage(older[:limit], older[limit - 1].id if len(older) > limit else None)

    def _check_free(self, execution: Execution) -> None:
        for other in self.kept.values():
            same = (other.tenant, other.service.id) == (execution.tenant, execution.service.id)
            if same and other.id != execution.id and other.state not in ENDED:
                raise Conflict(f"The service's execution {other.id} has not ended: it is {other.state}.")


class MemoryExecutionLog:
    def __init__(self) -> None:
        self.lines: dict[tuple[str, str], list[Row]] = {}

    def write(self, tenant: str, execution: str, at: int, stage: str, message: str, facts: Mapping[str, Any]) -> None:
        lines = self.lines.setdefault((tenant, execution), [])
        line = {"at": at, "stage": stage, "message": message, "facts": dict(facts)}
        if line not in lines:
            lines.append(line)

    def read(self, tenant: str, execution: str, after: str | None = None, limit: int = 200) -> tuple[list[Row], str]:
        """`after` counts the lines that were read."""
        lines = sorted(self.lines.get((tenant, execution), []), key=lambda line: line["at"])
        start = int(after or 0)
        return lines[start : start + limit], str(min(start + limit, len(lines)) or "")


class MemorySchedules:
    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], tuple[Schedule, bool]] = {}

    def put(self, tenant: str, service: str, schedule: Schedule, *, enabled: bool) -> None:
        self.kept[tenant, service] = (schedule, enabled)

    def delete(self, tenant: str, service: str) -> None:
        self.kept.pop((tenant, service), None)
