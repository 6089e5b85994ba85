"""A DuckDB of one's own in a folder of one's own: bounded memory, no downloads, nothing left behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import duckdb


@dataclass(frozen=True, slots=True)
class Workplace:
    connection: Any
    folder: Path

    def new_file(self) -> Path:
        return self.folder / uuid4().hex

    @contextmanager
    def holding(self, body: bytes) -> Iterator[Path]:
        """A file with this content, for as long as the block lasts."""
        path = self.new_file()
        path.write_bytes(body)
        try:
            yield path
        finally:
            path.unlink()


@contextmanager
def workplace(memory: str) -> Iterator[Workplace]:
    """`memory` bounds what DuckDB keeps in RAM ("512MB"); tables are in the folder, and so is what does not fit."""
    with TemporaryDirectory(prefix="touchline-") as folder:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory,
            "temp_directory": f"{folder}/spill",
            "home_directory": folder,
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        with duckdb.connect(f"{folder}/work.duckdb", config=config) as connection:
            yield Workplace(connection, Path(folder))
