"""Bulk files as Marketo writes them: one COPY, so that a million leads take seconds and no memory to speak of.

RFC 4180 with doubled quotes, line feed, UTF-8 without a mark; what is empty is the bare word null; booleans are
true/false (0/1 for program members), moments 2026-11-21T10:00:00Z.
"""

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from local.marketo_simulator.lead_book import column as column_name
from local.marketo_simulator.store import Store

DELIMITERS: Final = {"CSV": ",", "TSV": "\t", "SSV": ";"}
CONTENT_TYPES: Final = {
    "CSV": "text/csv;charset=UTF-8",
    "TSV": "text/tsv;charset=UTF-8",
    "SSV": "text/ssv;charset=UTF-8",
}
_PIECE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Column:
    """`sql`: its value, of the type that `kind` says."""

    header: str
    sql: str
    kind: str = "string"
    zero_or_one: bool = False  # how a boolean is written

    @property
    def written(self) -> str:
        match self.kind:
            case "boolean" if self.zero_or_one:
                return f"({self.sql})::tinyint"
            case "datetime":
                return f"strftime({self.sql}, '%Y-%m-%dT%H:%M:%SZ')"
            case "boolean" | "integer" | "reference" | "score" | "float" | "currency" | "percent" | "date":
                return self.sql
            case _:
                return f"nullif({self.sql}, '')"


@dataclass(frozen=True, slots=True)
class Written:
    records: int
    size: int  # bytes
    sha256: str


def write_file(store: Store, columns: Sequence[Column], source: str, target: Path, format: str) -> Written:
    """`source`: what follows `from`. The file is there whole or not at all."""
    listed = ", ".join(f"{column.written} as {column_name(column.header)}" for column in columns)
    new = target.with_suffix(".new")
    options = f"header, delimiter {literal(DELIMITERS[format])}, nullstr 'null', quote '\"', escape '\"'"
    copied = store.cursor().execute(f"copy (select {listed} from {source}) to {literal(str(new))} ({options})")
    found = copied.fetchone()
    written = Written(int(found[0]) if found else 0, new.stat().st_size, _sha256(new))
    os.replace(new, target)
    return written


def literal(text: str) -> str:
    """COPY takes no parameters, so values are written into it."""
    return "'" + text.replace("'", "''") + "'"


def literals(values: Iterable[str | int]) -> str:
    return ", ".join(literal(value) if isinstance(value, str) else str(int(value)) for value in values)


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while piece := opened.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
