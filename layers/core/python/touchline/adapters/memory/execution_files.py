"""Files of executions in memory."""

import io
from collections.abc import Iterable
from typing import BinaryIO

from touchline.errors import NotFound


class MemoryExecutionFiles:
    def __init__(self) -> None:
        self.kept: dict[tuple[str, str, str], bytes] = {}

    def put(self, tenant: str, execution: str, name: str, body: bytes | BinaryIO) -> int:
        whole = body if isinstance(body, bytes) else body.read()
        self.kept[tenant, execution, name] = whole
        return len(whole)

    def get(self, tenant: str, execution: str, name: str, start: int = 0, end: int | None = None) -> bytes:
        if (tenant, execution, name) not in self.kept:
            raise NotFound(f"The execution has no file {name}.")
        return self.kept[tenant, execution, name][start:end]

    def open(self, tenant: str, execution: str, name: str) -> BinaryIO:
        return io.BytesIO(self.get(tenant, execution, name))

    def names(self, tenant: str, execution: str, prefix: str = "") -> Iterable[str]:
        own = (name for whose, which, name in self.kept if (whose, which) == (tenant, execution))
        return sorted(name for name in own if name.startswith(prefix))

    def size(self, tenant: str, execution: str, name: str) -> int | None:
        body = self.kept.get((tenant, execution, name))
        return None if body is None else len(body)

    def link(self, tenant: str, execution: str, name: str, seconds: int) -> str:
        return f"memory:///{tenant}/{execution}/{name}?seconds={seconds}"

    def delete(self, tenant: str, execution: str, prefix: str = "") -> None:
        for name in list(self.names(tenant, execution, prefix)):
            del self.kept[tenant, execution, name]
