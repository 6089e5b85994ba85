"""Where things are in the archive, and which of an event's versions counts: the one that was accepted first."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

BATCHES = "batches/"
EVENTS = "events/"
PLANS = "compaction/"
INDEX_PREFIX = "events-"

# A batch is written just before it is indexed, each time that it is tried. Compacting it before that is done could
# delete a duplicate from the index a moment before it arrives there, so an hour of archiving is left alone until this
# long after its end: longer than an invocation of index_events may last.
SETTLE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class ArchivedEvent:
    """One event as it was accepted. Its day is the UTC day it happened on: the day of its index and of its file."""

    id: str  # the document's `_id`
    tenant: str
    day: str  # YYYY-MM-DD
    document: bytes  # JSON


@dataclass(frozen=True, slots=True)
class Manifest:
    """Which file holds a tenant's day. Whatever it does not name is not part of the archive."""

    file: str  # key of the Parquet file
    rows: int
    sha256: str  # of that file
    ids_sha256: str  # of the day's file of ids; where that differs, the ids are read from the events again
    made_from: tuple[str, ...]  # the batches that its latest compaction took in

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, body: bytes) -> "Manifest":
        told = json.loads(body)
        return cls(**{**told, "made_from": tuple(told["made_from"])})


def tenant_prefix(tenant: str) -> str:
    return f"{EVENTS}tenant={tenant}/"


def day_prefix(tenant: str, day: str) -> str:
    return f"{tenant_prefix(tenant)}day={day}/"


def manifest_key(tenant: str, day: str) -> str:
    return day_prefix(tenant, day) + "manifest.json"


def events_key(tenant: str, day: str, sha256: str) -> str:
    return f"{day_prefix(tenant, day)}{sha256[:32]}.parquet"


def columns_prefix(tenant: str) -> str:
    return f"columns/tenant={tenant}/"


def columns_key(tenant: str, day: str, sha256: str, layout: str, kind: str) -> str:
    """Of the columns made from a day's file of events; `layout` says which columns there are and what they mean."""
    return f"{columns_prefix(tenant)}day={day}/{sha256[:32]}.{layout}.{kind}"


def made_of(columns_key: str) -> tuple[str, str]:
    """The day and the beginning of the SHA-256 of the file of events that columns were made from."""
    _, _, day, name = columns_key.split("/")
    return day.removeprefix("day="), name.partition(".")[0]


def ids_prefix(tenant: str) -> str:
    return f"ids/tenant={tenant}/"


def ids_key(tenant: str, day: str) -> str:
    return f"{ids_prefix(tenant)}day={day}.parquet"


def partition_of(key: str) -> tuple[str, str]:
    """The tenant and day of a key under `events/`."""
    _, tenant, day, _ = key.split("/")
    return tenant.removeprefix("tenant="), day.removeprefix("day=")


def start_of_day(day: str) -> int:
    """Epoch ms of the UTC day's first moment."""
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1000


def hour_of(batch_key: str) -> datetime:
    """When the hour began in which the batch was archived."""
    day, hour = batch_key.removeprefix(BATCHES).split("/")[:2]
    return datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(hours=int(hour))


def index_of_day(day: str) -> str:
    return INDEX_PREFIX + day.replace("-", ".")


def day_of_index(index: str) -> str | None:
    """None for an index that does not hold events."""
    return index.removeprefix(INDEX_PREFIX).replace(".", "-") if index.startswith(INDEX_PREFIX) else None


def is_settled(batch_key: str, now: int) -> bool:
    """Whether the hour in which the batch was archived ended at least `SETTLE` before `now` (epoch ms)."""
    ended = hour_of(batch_key) + timedelta(hours=1)
    return (ended + SETTLE).timestamp() * 1000 <= now
