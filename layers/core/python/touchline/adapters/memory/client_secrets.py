"""Secrets of connections in memory."""

from touchline.errors import NotFound


class MemoryClientSecrets:
    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], str] = {}

    def put(self, tenant: str, connection: str, secret: str) -> None:
        self._kept[tenant, connection] = secret

    def get(self, tenant: str, connection: str) -> str:
        if (tenant, connection) not in self._kept:
            raise NotFound(f"The connection {connection} has no secret.")
        return self._kept[tenant, connection]

    def delete(self, tenant: str, connection: str) -> None:
        self._kept.pop((tenant, connection), None)
