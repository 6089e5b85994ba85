"""Batches, an index and a compaction for tests of the archive's work."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import orjson
import zstandard
from touchline.adapters.batches import ArchivedBatches
from touchline.adapters.duckdb.event_files import DuckDbEventFiles
from touchline.adapters.memory.archive import MemoryArchive
from touchline.adapters.memory.conversions import MemoryAttributionQueue
from touchline.adapters.memory.leases import MemoryLeases
from touchline.domain.archive import ArchivedEvent, day_of_index, index_of_day
from touchline.ports import Archive, AttributionQueue, EventIndex, ItemOutcome, Leases
from touchline.services.clean_up_compaction import CleanedUp, clean_up_compaction
from touchline.services.compact_archive import compact_tenant
from touchline.services.plan_compaction import plan_compaction

NOON = 1_795_348_800_000  # 2026-11-22T12:00:00Z in epoch ms
FILES = DuckDbEventFiles(memory="256MB")


@dataclass(frozen=True)
class Version:
    """One time that an event was sent."""

    id: str
    day: str
    sequence: int
    action: str = "open"
    tenant: str = "acme"
    actor: str = "ann"

    def archived(self) -> ArchivedEvent:
        at = datetime.fromisoformat(f"{self.day}T12:00").replace(tzinfo=UTC)
        document = {
            "@timestamp": int(at.timestamp() * 1000),
            "sequence": self.sequence,
            "tenant": self.tenant,
            "id": self.id,
            "action": self.action,
            "actor": {"id": self.actor},
        }
        return ArchivedEvent(f"{self.tenant}.{self.id}", self.tenant, self.day, orjson.dumps(document))


class RecordingIndex:
    """What `create` and `delete` leave in the search store."""

    def __init__(self) -> None:
        self.documents: dict[tuple[str, str], dict[str, Any]] = {}
        self.read_only: set[str] = set()
        self.refused_action: str | None = None  # what its mapping does not take

    def bulk(self, body: bytes) -> list[ItemOutcome]:
        lines = body.splitlines()
        return [self._create(*pair) for pair in zip(lines[::2], lines[1::2], strict=True)]

    def reopen(self, index: str) -> None:
        self.read_only.discard(index)

    def delete(self, index: str, ids: Sequence[str]) -> int:
        return sum(self.documents.pop((index, id), None) is not None for id in ids)

    def _create(self, action: bytes, document: bytes) -> ItemOutcome:
        ((kind, target),) = orjson.loads(action).items()
        place = target["_index"], target["_id"]
        if place[0] in self.read_only:
            return ItemOutcome("blocked", "index is read-only")
        if place in self.documents and kind == "create":
            return ItemOutcome("duplicate")
        if self.refused_action is not None and orjson.loads(document).get("action") == self.refused_action:
            return ItemOutcome("refused", "strict")
        self.documents[place] = orjson.loads(document)
        return ItemOutcome("created")


def batch_body(versions: Iterable[Version], *, events_a_frame: int = 2) -> bytes:
    """zstd frames, as index_events archives them, with a rejected document in front."""
    lines = [b'{"create":{"_index":"rejected-2026.11.22","_id":"r"}}\n{"tenant":"acme","code":"no_action"}\n']
    for version in versions:
        event = version.archived()
        action = orjson.dumps({"create": {"_index": index_of_day(event.day), "_id": event.id}})
        lines.append(b"%b\n%b\n" % (action, event.document))
    frames = [lines[start : start + events_a_frame] for start in range(0, len(lines), events_a_frame)]
    return b"".join(zstandard.compress(b"".join(frame)) for frame in frames)


def receive(archive: Archive, index: EventIndex, versions: Sequence[Version], hour: str = "2026-11-22/10") -> str:
    """Archive a batch, then index it, as index_events does."""
    body = batch_body(versions)
    key = f"batches/{hour}/{sha256(body).hexdigest()[:32]}.ndjson.zst"
    archive.put(key, body)
    index.bulk(zstandard.ZstdDecompressor().stream_reader(body, read_across_frames=True).read())
    return key


def archive_lines(archive: Archive, lines: Sequence[bytes], hour: str = "2026-11-22/10") -> str:
    """Archive a batch of documents with their actions."""
    body = zstandard.compress(b"".join(lines))
    key = f"batches/{hour}/{sha256(body).hexdigest()[:32]}.ndjson.zst"
    archive.put(key, body)
    return key


def compact(
    archive: Archive,
    index: EventIndex,
    leases: Leases | None = None,
    now: int = NOON,
    queue: AttributionQueue | None = None,
) -> CleanedUp:
    """The state machine's three steps."""
    leases = leases or MemoryLeases()
    batches = ArchivedBatches(archive)
    plan = plan_compaction(archive, batches, leases, owner="run", now=now, settled_only=False)
    assert plan is not None
    for tenant in plan.tenants():
        compact_tenant(
            archive,
            batches,
            FILES,
            index,
            queue or MemoryAttributionQueue(),
            tenant=tenant,
            feeds=plan.feeds_of(tenant),
        )
    cleaned = clean_up_compaction(archive, leases, plan, now)
    assert cleaned is not None
    return cleaned


def archived_versions(archive: MemoryArchive) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """What the Parquet files hold, by tenant and day."""
    found = {}
    for key in archive.objects:
        if key.startswith("events/") and key.endswith(".parquet"):
            tenant, day = key.split("/")[1:3]
            partition = tenant.removeprefix("tenant="), day.removeprefix("day=")
            assert partition not in found, "two files of one day"
            events = FILES.read(partition[1], archive.get(key))
            found[partition] = [orjson.loads(event.document) for event in events]
    return found


def indexed_events(index: RecordingIndex) -> dict[tuple[str, str], dict[str, Any]]:
    """Event documents by day and `_id`."""
    days = {(day_of_index(name), id): document for (name, id), document in index.documents.items()}
    return {(day, id): document for (day, id), document in days.items() if day is not None}
