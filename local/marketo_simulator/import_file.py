"""The file of a bulk import, row by row: which lead it means, what it says of each field, or why it cannot be taken."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from typing import Any, Final

from local.marketo_simulator.bulk_files import DELIMITERS
from local.marketo_simulator.lead_fields import LeadFieldSpec
from local.marketo_simulator.lead_values import BadValue, to_store

FAILURE_COLUMN: Final = "Import Failure Reason"
WARNING_COLUMN: Final = "Import Warning Reason"
NOTHING: Final = "null"  # clears a field
csv.field_size_limit(1 << 30)  # what is too long is found by field, with a reason


class Unreadable(Exception):
    """The file as a whole cannot be imported; says why."""


@dataclass(slots=True)
class ImportRow:
    """`key`: of the lead it means. `values`: of the fields that are to be written, as the store keeps them."""

    cells: Sequence[str]
    key: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    failure: str = ""
    warnings: tuple[str, ...] = ()


def read_import(file: bytes, format: str) -> tuple[list[str], list[list[str]]]:
    """Header and rows. Raises `Unreadable` for an empty file and for what is not UTF-8."""
    try:
        text = file.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("File is not in UTF-8") from error
    rows = [row for row in csv.reader(StringIO(text, newline=""), delimiter=DELIMITERS[format]) if row]
    if len(rows) < 2:
        raise Unreadable("Empty File")
    return [name.strip() for name in rows[0]], rows[1:]


def check_header(header: Sequence[str], lookup: str, fields: Mapping[str, LeadFieldSpec]) -> None:
    strange = [name for name in header if name not in fields]
    if strange:
        raise Unreadable(f"Invalid fields [{', '.join(strange)}]")
    if len(set(header)) < len(header):
        raise Unreadable("The header names a field twice")
    if lookup not in header:
        raise Unreadable(f"Lookup field '{lookup}' is not in the file")


def judge_row(
    header: Sequence[str],
    cells: Sequence[str],
    lookup: str,
    fields: Mapping[str, LeadFieldSpec],
    *,
    blank_clears: bool,
) -> ImportRow:
    """`blank_clears`: whether an empty cell clears its field, as `null` does, or says nothing of it."""
    if len(cells) != len(header):
        return ImportRow(cells, failure=f"Row has {len(cells)} columns, the header has {len(header)}")
    named = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    if named[lookup].lower() in ("", NOTHING):
        return ImportRow(cells, failure=f"Value for lookup field '{lookup}' is empty")
    values: dict[str, Any] = {}
    warnings: list[str] = []
    for name, cell in named.items():
        if name == "id" or (not cell and not blank_clears):
            continue
        if not fields[name].updateable:
            warnings.append(f"Field '{name}' cannot be updated")
            continue
        try:
            values[name] = to_store(fields[name], None if cell.lower() == NOTHING else cell)
        except BadValue as error:
            return ImportRow(cells, failure=error.message)
    return ImportRow(cells, named[lookup], values, warnings=tuple(warnings))
