"""A table of an answer as CSV: RFC 4180, UTF-8, a line of names first; nothing that a spreadsheet would run."""

import csv
import re
from collections.abc import Iterable, Sequence
from typing import Final, TextIO

from touchline.errors import InvalidRequest

from query_api.kind import AnswerTable, Cell

# A spreadsheet takes text that begins so for a formula, and what follows may send data away.
RUN: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


def table_named(tables: Sequence[AnswerTable], name: str | None) -> AnswerTable:
    """The first unless named. Raises InvalidRequest, which tells the names."""
    found = next((table for table in tables if name in {None, table.name}), None)
    if found is None:
        known = ", ".join(table.name for table in tables) or "none: this answer is no table"
        raise InvalidRequest(f"The answer has no table {str(name)[:64]!r}. Tables: {known}.", field="table")
    return found


def write_csv(table: AnswerTable, file: TextIO) -> None:
    """Row by row as they are made. `file` must leave line ends as they are."""
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([_harmless(name) for name in table.columns])
    writer.writerows(_cells(table.rows))


def _cells(rows: Iterable[Sequence[Cell]]) -> Iterable[list[object]]:
    for row in rows:
        yield [_cell(value) for value in row]


def _cell(value: Cell) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _harmless(value) if isinstance(value, str) else value  # None is an empty cell


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(RUN) and not NUMBER.fullmatch(text) else text
