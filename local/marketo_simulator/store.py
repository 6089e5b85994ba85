"""What the instance knows, in one DuckDB file: reads side by side, writes one after the other, memory bounded."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock, local
from typing import Any

import duckdb

MEMORY = "900MB"
THREADS = 2


class Store:
    """Every thread has a cursor of its own; a transaction that was begun is seen by nobody until it ends."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self.folder = file.parent
        self._database = duckdb.connect(
            str(file), config={"memory_limit": MEMORY, "threads": THREADS, "temp_directory": str(file.parent / "spill")}
        )
        self._threads = local()
        self._writing = RLock()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        if not hasattr(self._threads, "cursor"):
            self._threads.cursor = self._database.cursor()
        cursor: duckdb.DuckDBPyConnection = self._threads.cursor
        return cursor

    def rows(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[dict[str, Any]]:
        found = self.cursor().execute(sql, parameters)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, values, strict=True)) for values in found.fetchall()]

    def row(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> dict[str, Any] | None:
        return next(iter(self.rows(sql, parameters)), None)

    def value(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> Any:
        found = self.cursor().execute(sql, parameters).fetchone()
        return found[0] if found else None

    @contextmanager
    def writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """One transaction; all of it or, after an exception, nothing. Inside another one it is part of that."""
        with self._writing:
            cursor = self.cursor()
            if getattr(self._threads, "inside", False):
                yield cursor
                return
            cursor.execute("begin")
            self._threads.inside = True
            try:
                yield cursor
            except BaseException:
                cursor.execute("rollback")
                raise
            else:
                cursor.execute("commit")
            finally:
                self._threads.inside = False

    def close(self) -> None:
        with self._writing:
            self._database.close()
