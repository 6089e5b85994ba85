"""Tenants and keys kept in memory."""

from touchline.domain.tenancy import ApiKey, Tenant
from touchline.errors import Conflict


class MemoryTenants:
    def __init__(self) -> None:
        self._tenants: dict[str, Tenant] = {}

    def get(self, tenant: str) -> Tenant | None:
        return self._tenants.get(tenant)

    def add(self, tenant: Tenant) -> None:
        if tenant.id in self._tenants:
            raise Conflict(f"A tenant named {tenant.id!r} exists already.")
        self._tenants[tenant.id] = tenant

    def replace(self, tenant: Tenant) -> None:
        self._tenants[tenant.id] = tenant

    def all(self) -> list[Tenant]:
        return sorted(self._tenants.values(), key=lambda tenant: tenant.id)


class MemoryApiKeys:
    def __init__(self) -> None:
        self._keys: dict[str, ApiKey] = {}

    def get(self, key_id: str) -> ApiKey | None:
        return self._keys.get(key_id)

    def add(self, key: ApiKey) -> None:
        if key.id in self._keys:
            raise Conflict(f"A key with the id {key.id!r} exists already.")
        self._keys[key.id] = key

    def replace(self, key: ApiKey) -> None:
        stored = self._keys.get(key.id)
        if stored is not None and stored.revoked_at is not None and key.revoked_at is None:
            raise Conflict("The key was revoked meanwhile.")
        self._keys[key.id] = key

    def of_tenant(self, tenant: str) -> list[ApiKey]:
        own = [key for key in self._keys.values() if key.tenant == tenant]
        return sorted(own, key=lambda key: key.created_at)
