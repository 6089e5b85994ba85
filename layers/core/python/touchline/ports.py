"""What the core needs from the outside. Adapters match these by shape; each has a `Memory…` twin with the same tests."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from touchline.domain.tenancy import ApiKey, Tenant

type Document = dict[str, Any]


# --- tenants and keys -------------------------------------------------------------------------------------------------


class Tenants(Protocol):
    def get(self, tenant: str) -> Tenant | None: ...

    def add(self, tenant: Tenant) -> None:
        """Raises Conflict if the id is taken."""

    def replace(self, tenant: Tenant) -> None: ...

    def all(self) -> list[Tenant]: ...


class ApiKeys(Protocol):
    def get(self, key_id: str) -> ApiKey | None: ...

    def add(self, key: ApiKey) -> None: ...

    def replace(self, key: ApiKey) -> None: ...

    def of_tenant(self, tenant: str) -> list[ApiKey]:
        """Oldest first, revoked ones included."""


class RateLimits(Protocol):
    def use(self, tenant: str, window: int, events: int, expires: int) -> int:
        """Add `events` to what the tenant used in the window that began at epoch second `window`; the new total."""


# --- events in --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PackedBatch:
    """One queue message: a complete `_bulk` body of one tenant, compressed (see docs/architecture.md)."""

    tenant: str
    events: int
    rejected: int
    received_at: int  # epoch ms
    frame: bytes  # one zstd frame


class EventQueue(Protocol):
    def send(self, batches: Sequence[PackedBatch]) -> None:
        """Durable when it returns. Raises StoreUnavailable; some batches may then have been sent (harmless: ids)."""

    def depth(self) -> int:
        """Messages waiting or being worked on, approximately."""


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """What became of one document of a bulk body, in the body's order."""

    kind: Literal["created", "duplicate", "refused", "blocked", "retry"]
    reason: str = ""  # for refused (the mapping's cause), blocked (the index is read-only) and retry


class EventIndex(Protocol):
    """The writing side of the search store."""

    def bulk(self, body: bytes) -> list[ItemOutcome]:
        """Send a `_bulk` body. Raises StoreUnavailable where the whole request failed (429, 5xx, time-out)."""

    def reopen(self, index: str) -> None:
        """Make a read-only day writable again, for events that come late."""

    def delete(self, index: str, ids: Sequence[str]) -> int:
        """Delete documents by id; how many were there."""


class Archive(Protocol):
    """Objects in the archive bucket, by key."""

    def put(self, key: str, body: bytes) -> None: ...

    def get(self, key: str) -> bytes:
        """The whole object, verified against its length and checksum. Raises NotFound, StoreUnavailable."""

    def keys(self, prefix: str, after: str = "") -> Iterable[str]:
        """All keys under a prefix in order, without a limit, from after `after`."""

    def size(self, key: str) -> int: ...

    def delete(self, keys: Sequence[str]) -> None: ...


class Progress(Protocol):
    """Small facts about work done, for status pages. Last write wins."""

    def put(self, pk: str, sk: str, facts: Mapping[str, Any]) -> None: ...

    def get(self, pk: str, sk: str) -> dict[str, Any] | None: ...

    def newest(self, pk: str, limit: int) -> list[dict[str, Any]]:
        """By sk, newest (largest) first; each with its `sk`."""


# --- answers out ------------------------------------------------------------------------------------------------------


class EventSearch(Protocol):
    """The reading side. There is no call that writes; the tenant filter is added here and nowhere else."""

    def search(self, tenant: str, index: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Run a search whose hits and aggregations are limited to the tenant. Raises StoreUnavailable."""
