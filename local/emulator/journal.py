"""An append-only journal of JSON lines: a record that `append` returned from survives the death of the process.

It does not survive a power cut: the page cache is enough against kill -9, and fsync would cost more than the emulator.
"""

import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

type Record = list[Any]

# Below this a rewrite saves nothing worth the pause.
REWRITE_FROM_BYTES = 64 * 1024 * 1024


class Journal:
    """`live` yields the records that make up the present state: what a rewrite keeps.

    `encode` and `decode` are json's `default` and `object_hook`, for values that JSON does not know.
    """

    def __init__(
        self,
        path: Path,
        live: Callable[[], Iterable[Record]],
        *,
        encode: Callable[[Any], Any] | None = None,
        decode: Callable[[dict[str, Any]], Any] | None = None,
    ) -> None:
        self._path = path
        self._live = live
        self._decode = decode
        self._encoder = json.JSONEncoder(separators=(",", ":"), default=encode)
        self._lock = threading.RLock()
        self._descriptor: int | None = None
        self._size = 0
        self._rewrite_at = REWRITE_FROM_BYTES

    def replay(self) -> Iterator[Record]:
        """The records in order. A last line without its end was never acknowledged and is left out."""
        if not self._path.exists():
            return
        with self._path.open("rb") as lines:
            for line in lines:
                if line.endswith(b"\n"):
                    yield json.loads(line, object_hook=self._decode)

    def append(self, records: Iterable[Record]) -> None:
        """All of them or, if the process dies meanwhile, the first few: one request is one call."""
        data = b"".join(map(self._line, records))
        if not data:
            return
        with self._lock:
            _write(self._opened(), data)
            self._size += len(data)
            if self._size > self._rewrite_at:
                self.rewrite()

    def rewrite(self) -> None:
        """Replace the journal by the live records, atomically."""
        with self._lock:
            fresh = self._path.with_suffix(".new")
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
            size = 0
            for record in self._live():
                data = self._line(record)
                _write(descriptor, data)
                size += len(data)
            os.replace(fresh, self._path)
            if self._descriptor is not None:
                os.close(self._descriptor)
            self._descriptor, self._size = descriptor, size
            self._rewrite_at = max(REWRITE_FROM_BYTES, 2 * size)

    def _opened(self) -> int:
        if self._descriptor is None:
            self.rewrite()  # also cuts off a torn last line, which an append would otherwise continue
        if self._descriptor is None:
            raise RuntimeError(f"{self._path} cannot be opened")
        return self._descriptor

    def _line(self, record: Record) -> bytes:
        return self._encoder.encode(record).encode() + b"\n"


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
