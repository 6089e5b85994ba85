"""Deletes what a compaction has replaced, and only that: a batch goes when every day that it feeds has it in."""

from collections import defaultdict
from dataclasses import dataclass

from touchline.domain.archive import PLANS, columns_prefix, made_of, partition_of, tenant_prefix
from touchline.ports import Archive, Leases
from touchline.services.archived_days import read_manifest
from touchline.services.plan_compaction import LEASE, LEASE_MS, Plan

DELETED_AT_ONCE = 1_000  # S3's limit


@dataclass(frozen=True, slots=True)
class CleanedUp:
    batches_deleted: int
    batches_kept: int  # a day that they feed has not taken them in: the next run will
    files_deleted: int


def clean_up_compaction(archive: Archive, leases: Leases, plan: Plan, now: int) -> CleanedUp | None:
    """None, and nothing deleted, where the lease ran out and another compaction is under way: files that no manifest
    names yet may be that one's. What this one leaves is made up for by the next."""
    if not leases.take(LEASE, plan.owner, now, now + LEASE_MS):
        return None
    old = [key for tenant in plan.tenants() for key in _replaced_files(archive, tenant)]
    _delete(archive, old)
    # Last: as long as batches are there, a run that stopped before this point is made up for by the next.
    done = _finished_batches(archive, plan)
    _delete(archive, done)
    _delete(archive, list(archive.keys(PLANS)))  # also those of runs that stopped; no other run is under way
    leases.give_back(LEASE, plan.owner)
    return CleanedUp(len(done), len(plan.feeds) - len(done), len(old))


def _finished_batches(archive: Archive, plan: Plan) -> list[str]:
    partitions = {(tenant, day) for feeds in plan.feeds.values() for tenant, days in feeds.items() for day in days}
    taken_in: dict[tuple[str, str], frozenset[str]] = {}
    for tenant, day in partitions:
        manifest = read_manifest(archive, tenant, day)
        taken_in[tenant, day] = frozenset() if manifest is None else frozenset(manifest.made_from)
    return [
        batch
        for batch, feeds in plan.feeds.items()
        if all(batch in taken_in[tenant, day] for tenant, days in feeds.items() for day in days)
    ]


def _replaced_files(archive: Archive, tenant: str) -> list[str]:
    """Files of events that no manifest names, also those of a run that stopped before its manifest; and columns made
    from such files."""
    files: defaultdict[str, list[str]] = defaultdict(list)
    for key in archive.keys(tenant_prefix(tenant)):
        if key.endswith(".parquet"):
            files[partition_of(key)[1]].append(key)
    replaced: list[str] = []
    for day, keys in files.items():
        # Without a manifest nothing says which is right; the run that writes it clears up.
        if len(keys) > 1 and (manifest := read_manifest(archive, tenant, day)) is not None:
            replaced += [key for key in keys if key != manifest.file]
    kept = {day: [_sha256(key) for key in keys if key not in replaced] for day, keys in files.items()}
    columns = archive.keys(columns_prefix(tenant))
    return replaced + [key for key in columns if made_of(key)[1] not in kept.get(made_of(key)[0], [])]


def _sha256(events_key: str) -> str:
    return events_key.rpartition("/")[2].removesuffix(".parquet")


def _delete(archive: Archive, keys: list[str]) -> None:
    for start in range(0, len(keys), DELETED_AT_ONCE):
        archive.delete(keys[start : start + DELETED_AT_ONCE])
