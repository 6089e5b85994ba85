"""What the archive has of a tenant's days, through the manifests alone."""

from collections.abc import Iterator
from hashlib import sha256

from touchline.domain.archive import EVENTS, Manifest, ids_key, manifest_key, partition_of, tenant_prefix
from touchline.errors import NotFound
from touchline.ports import Archive, EventFiles


def read_manifest(archive: Archive, tenant: str, day: str) -> Manifest | None:
    try:
        return Manifest.from_json(archive.get(manifest_key(tenant, day)))
    except NotFound:
        return None


def archived_days(archive: Archive, tenant: str) -> list[str]:
    """The days that have a manifest, in order."""
    keys = archive.keys(tenant_prefix(tenant))
    return [partition_of(key)[1] for key in keys if key.endswith("/manifest.json")]


def archived_partitions(archive: Archive) -> Iterator[tuple[str, str]]:
    """Every tenant and day that has a manifest."""
    return (partition_of(key) for key in archive.keys(EVENTS) if key.endswith("/manifest.json"))


def ids_of_day(archive: Archive, files: EventFiles, tenant: str, day: str) -> bytes:
    """The day's file of ids; read anew from its events where the file is not the manifest's (a run stopped between)."""
    manifest = Manifest.from_json(archive.get(manifest_key(tenant, day)))
    try:
        ids = archive.get(ids_key(tenant, day))
    except NotFound:
        ids = b""
    if sha256(ids).hexdigest() == manifest.ids_sha256:
        return ids
    return files.ids(archive.get(manifest.file))
