"""Columns of days on this machine's disk: bounded, shared by processes, named by content, so that nothing is stale.

Each file of columns has a folder: the file as it came, and each column that was asked for, unpacked for mapping.
"""

import contextlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any, Final
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from touchline.adapters.columns.packing import PackedColumns

PACKED: Final = "packed"
# The folder is looked through each time that this part of the limit was written: it costs a look at every file.
LOOKED_AFTER: Final = 20


class ColumnCache:
    """`limit` in bytes; each process may go beyond it by a twentieth until it looks what others have written.

    What was used longest ago goes first; what is mapped stays readable when it goes.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._written = limit  # bytes, since the folder was looked through
        self._lock = Lock()

    def open(self, name: str, fetch: Callable[[], bytes]) -> "CachedColumns":
        """`name` says the content; `fetch` gets it where it is not here."""
        return CachedColumns(self._folder / name, PackedColumns(self.body(name, fetch)), self._count)

    def body(self, name: str, fetch: Callable[[], bytes]) -> memoryview:
        """The file as it came, mapped."""
        path = self._folder / name / PACKED
        with contextlib.suppress(OSError, ValueError):
            os.utime(path)
            return memoryview(np.memmap(path, np.uint8, "r"))
        body = fetch()
        self.keep(name, body)
        return memoryview(body)

    def keep(self, name: str, body: bytes) -> None:
        place = self._folder / name
        with contextlib.suppress(OSError):  # a cache that cannot be written to still answers
            place.mkdir(parents=True, exist_ok=True)
            write_whole(place / PACKED, body)
            self._count(name, len(body))

    def _count(self, name: str, size: int) -> None:
        """So many bytes were written to the folder of that name."""
        with self._lock:
            self._written += size
            if self._written > self._limit // LOOKED_AFTER:
                self._make_room(name)
                self._written = 0

    def _make_room(self, newest: str) -> None:
        used = sorted(filter(None, map(_used, self._folder.iterdir())))
        total = sum(size for _, size, _ in used)
        for _, size, place in used:
            if total <= self._limit:
                return
            if place.name != newest:
                shutil.rmtree(place, ignore_errors=True)
                total -= size


class CachedColumns:
    """Columns of one file, each unpacked when it is first asked for."""

    def __init__(self, place: Path, packed: PackedColumns, wrote: Callable[[str, int], None]) -> None:
        self._place = place
        self._wrote = wrote
        self._packed = packed
        self._numbers: dict[str, NDArray[Any]] = {}
        self._lists: dict[str, list[Any]] = {}
        self._file_names = {name: f"{number}.raw" for number, name in enumerate(packed.columns)}

    @property
    def facts(self) -> dict[str, Any]:
        return self._packed.facts

    def names(self) -> list[str]:
        return list(self._packed.columns)

    def numbers(self, name: str) -> NDArray[Any]:
        if name not in self._numbers:
            self._numbers[name] = self._mapped(name)
        return self._numbers[name]

    def listed(self, name: str) -> list[Any]:
        if name not in self._lists:
            self._lists[name] = self._packed.listed(name)
        return self._lists[name]

    def _mapped(self, name: str) -> NDArray[Any]:
        path, dtype = self._place / self._file_names[name], np.dtype(self._packed.columns[name]["dtype"])
        try:
            return _map(path, dtype)
        except (OSError, ValueError):  # never unpacked, or just evicted
            found = self._packed.numbers(name)
            if not len(found):
                return found
            with contextlib.suppress(OSError):  # a cache that cannot be written to still answers
                write_whole(path, found.tobytes())
                self._wrote(self._place.name, found.nbytes)
                return _map(path, dtype)
            return found


def write_whole(path: Path, body: bytes) -> None:
    """Seen by others whole or not at all."""
    draft = path.with_name(f"{path.name}.{uuid4().hex}")
    draft.write_bytes(body)
    draft.replace(path)


def _map(path: Path, dtype: np.dtype[Any]) -> NDArray[Any]:
    return np.asarray(np.memmap(path, dtype, "r"))


def _used(place: Path) -> tuple[float, int, Path] | None:
    """When it was used last, its bytes, and where it is; None where another process has just removed it."""
    try:
        return (place / PACKED).stat().st_mtime, sum(file.stat().st_size for file in place.iterdir()), place
    except OSError:
        return None
