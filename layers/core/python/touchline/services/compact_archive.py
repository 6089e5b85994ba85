"""Turns a tenant's new batches into its days' files. It may stop anywhere and be run again, with the same end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from touchline.domain.archive import (
    Manifest,
    events_key,
    ids_key,
    manifest_key,
)
from touchline.errors import StoreUnavailable
from touchline.ports import Archive, AttributionQueue, Batches, ChangedPeople, EventFiles, EventIndex, Merge, MergedDay
from touchline.services.archived_days import archived_days, ids_of_day, read_manifest
from touchline.services.index_again import delete_events, index_events

REASON: Final = "compaction"


@dataclass(frozen=True, slots=True)
class CompactedTenant:
    tenant: str
    rows: dict[str, int]  # by day that changed
    duplicates: int  # versions of events that another day's version won over
    refused: int  # events that count, but whose version the index refuses: it keeps the version that it has


def compact_tenant(
    archive: Archive,
    batches: Batches,
    files: EventFiles,
    index: EventIndex,
    queue: AttributionQueue,
    *,
    tenant: str,
    feeds: Mapping[str, Sequence[str]],
) -> CompactedTenant:
    """Take batches into the tenant's days; `feeds` says which days each of them has events of. Whose events it
    corrected in the index is attributed anew.

    The order makes every stop harmless: the batches stay until `clean_up`, new files are unseen until a manifest names
    them, and whatever was done to the index is done again by a second run.
    """
    with files.merging() as merge:
        for key in feeds:
            merge.add(event for event in batches.events(key) if event.tenant == tenant)
        for day in archived_days(archive, tenant):
            merge.add_ids(day, ids_of_day(archive, files, tenant, day))
        losers = merge.losers()
        for day, ids in losers.items():
            delete_events(index, day, ids)
        days = merge.changed_days()
        sources = {day: [batch for batch, fed in feeds.items() if day in fed] for day in days}
        done = {}
        for day in days:
            current = _current(archive, tenant, day)
            refused, concerned = _correct(index, merge, day, current, lost=bool(losers))
            if concerned:
                # Before the day is published: a run that stops in between finds and tells them again.
                queue.send(ChangedPeople(tenant, concerned, reason=REASON))
            merged = merge.merge(day, current)
            _publish(archive, files, tenant, day, merged, sources[day])
            done[day] = (merged.rows, refused)
    rows = {day: rows for day, (rows, _) in done.items()}
    refused = sum(refused for _, refused in done.values())
    return CompactedTenant(tenant, rows, sum(map(len, losers.values())), refused)


def _current(archive: Archive, tenant: str, day: str) -> bytes | None:
    manifest = read_manifest(archive, tenant, day)
    return None if manifest is None else archive.get(manifest.file)


def _correct(index: EventIndex, merge: Merge, day: str, current: bytes | None, *, lost: bool) -> tuple[int, list[str]]:
    """How many events the index refused, and the actors of those that were corrected; `lost`: some lost to another
    day."""
    # An id came to the day with differing content: the index has the one that was indexed first, which may be another
    # than the one that was accepted first. Replaced in one step: what cannot be written deletes nothing.
    contested = merge.contested(day, current)
    corrected = index_events(index, contested, "index")
    return corrected.refused, merge.concerned(day, current) if contested or lost else []


def _publish(
    archive: Archive, files: EventFiles, tenant: str, day: str, merged: MergedDay, made_from: Sequence[str]
) -> None:
    digest = sha256(merged.events).hexdigest()
    manifest = Manifest(
        file=events_key(tenant, day, digest),
        rows=merged.rows,
        sha256=digest,
        ids_sha256=sha256(merged.ids).hexdigest(),
        made_from=tuple(made_from),
    )
    archive.put(manifest.file, merged.events)
    _verify(archive, files, manifest)
    for key, columns in files.columns(tenant, day, merged.events, digest).items():
        archive.put(key, columns)
    archive.put(ids_key(tenant, day), merged.ids)
    archive.put(manifest_key(tenant, day), manifest.to_json())


def _verify(archive: Archive, files: EventFiles, manifest: Manifest) -> None:
    """Read the file back from where it is: nothing that it replaces is deleted on the strength of a write alone."""
    body = archive.get(manifest.file)
    if sha256(body).hexdigest() != manifest.sha256 or files.count(body) != (manifest.rows, manifest.rows):
        raise StoreUnavailable(f"{manifest.file} does not read as it was written.")
