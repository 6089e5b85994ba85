"""Batches of the archive, read event by event as they came off the queue."""

import io
from collections.abc import Iterator
from itertools import batched

import orjson
import zstandard

from touchline.domain.archive import ArchivedEvent, day_of_index
from touchline.ports import Archive


class ArchivedBatches:
    """zstd frames of `_bulk` bodies, one after the other (docs/architecture.md)."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def events(self, key: str) -> Iterator[ArchivedEvent]:
        """The events of a batch; its rejected documents are left out."""
        for action, document in batched(_lines(self._archive.get(key)), 2, strict=True):
            target = orjson.loads(action)["create"]
            day = day_of_index(target["_index"])
            if day is not None:
                tenant = orjson.loads(document)["tenant"]
                yield ArchivedEvent(target["_id"], tenant, day, document)


def _lines(body: bytes) -> Iterator[bytes]:
    with zstandard.ZstdDecompressor().stream_reader(body, read_across_frames=True) as frames:
        for line in io.BufferedReader(frames, buffer_size=1 << 20):
            if stripped := line.rstrip(b"\n"):
                yield stripped
