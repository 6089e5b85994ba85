"""Reading what Marketo exports: CSV becomes columns of text, whatever cells hold; what is broken is named by line."""

import csv
import re
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from touchline.domain.leads.records import (
    QUOTE,
    SEARCHED,
    Records,
    filled,
    find_records,
    first_end,
    record_ends,
)
from touchline.errors import Malformed

NULL: Final = "null"  # what Marketo writes, unquoted, where a field is empty
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
# Somebody may be called so. Inside a quoted cell every quote is doubled, so that this matches whole cells only.
_QUOTED_NULL: Final = re.compile(rb'(?<=[,\n])"null"(?=[,\r\n]|$)')
_IN_QUOTES: Final = b'"null"'
BYTES_A_QUOTE: Final = 1024  # where there are fewer quotes, looking for each is faster than looking at each byte
_SHIELD: Final = "\ue000"  # private use: stands before a quoted null until it is read


def read_part(part: bytes, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Records of one part of an extract, which begins with the header.

    Parameters
    ----------
    part : UTF-8, quoted as RFC 4180 says, lines end with LF or CR LF
        NUL, CR, U+2028, quotes and line breaks inside cells are kept. Blank lines between records are left out.
    columns : names in the header
        Those wanted, in this order; all where it is `None`.

    Returns
    -------
    shape (records, columns), all text; an empty cell and an unquoted `null` are None

    Raises
    ------
    Malformed
        Not UTF-8, a column twice or missing, a record of more or fewer cells than the header, a quote that is not
        doubled; names the line, counted from 1 with the header, and never what is in it.
    """
    header = read_header(part)
    wanted = list(columns) if columns is not None else header
    if missing := [name for name in wanted if name not in header]:
        raise Malformed(f"The extract has no column {missing[0]!r}. It has: {', '.join(header)}.", field=missing[0])
    shielded = _shielded(part)
    # A record that is cut short lacks at least its last cell, which is why that one is always looked at.
    frame = _parsed(shielded, header, list(dict.fromkeys([*wanted, header[-1]])))
    if (frame[header[-1]] == "").any():
        frame = _without_blank_lines(shielded, header)
    return _without_empty_text(frame.select(wanted), shielded=shielded is not part)


class ExtractPart:
    """A part of an extract, loaded when it is first looked into and read twice."""

    def __init__(self, load: Callable[[], bytes]) -> None:
        self._load = load

    @cached_property
    def _body(self) -> bytes:
        return self._load()

    @cached_property
    def _ends(self) -> npt.NDArray[np.int64]:
        return record_ends(self._body)

    def columns(self, names: Sequence[str]) -> pl.DataFrame:
        """Of all records, as `read_part` has them."""
        return read_part(self._body, names)

    def locate(self) -> None:
        """Looks for the records: `records` need not do it then."""
        _ = self._ends

    def records(self, rows: npt.NDArray[np.int64]) -> pl.DataFrame:
        """Some records, whole, without reading the others' cells: half the time for a quarter of them.

        `rows`: their numbers as `read_part` has them, from 0, ascending. Raises `Malformed` as `read_part` does.
        """
        part, ends = self._body, self._ends
        numbers = filled(part, ends)[rows + 1]
        starts, stops = ends[numbers - 1], ends[numbers]
        apart = starts[1:] != stops[:-1]  # what follows one another is taken together
        starts, stops = (
            starts[np.append(True, apart)[: len(starts)]],  # none where there are no rows
            stops[np.append(apart, True)[: len(stops)]],
        )
        records = [part[start:stop] for start, stop in zip(starts.tolist(), stops.tolist(), strict=True)]
        try:
            return read_part(part[: int(ends[0])] + b"".join(records))
        except Malformed:
            return read_part(part)[rows]  # names the line


def read_leads(part: bytes, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """As `read_part`, and `id` are 64-bit integers. Raises `Malformed` where a record has none."""
    frame = read_part(part, columns)
    ids = frame["id"].cast(pl.Int64, strict=False)
    if ids.null_count():
        records = find_records(part)
        line = records.lines[records.filled[1 + int(ids.is_null().arg_true()[0])]]
        raise Malformed(f"Line {line} of the extract has no id, or one that is no whole number.", field="id")
    return frame.with_columns(ids)


def read_header(part: bytes) -> list[str]:
    """Names of the columns. Raises `Malformed` where there are none, or one has no name or that of another."""
    try:
        text = part[: first_end(part)].removeprefix(BYTE_ORDER_MARK).decode()
    except UnicodeDecodeError as error:
        raise Malformed("Line 1 of the extract is not UTF-8.") from error
    names = next(csv.reader([text]), [])
    if not names:
        raise Malformed("The extract is empty: it has not even a header.")
    if "" in names:
        raise Malformed(f"Column {names.index('') + 1} of the extract has no name.")
    if twice := [name for name, other in pairwise(sorted(names)) if name == other]:
        raise Malformed(f"The extract has the column {twice[0]!r} twice.", field=twice[0])
    return names


def _shielded(part: bytes) -> bytes:
    return _QUOTED_NULL.sub(f'"{_SHIELD}null"'.encode(), part) if _has_quoted_null(part) else part


def _has_quoted_null(part: bytes) -> bool:
    """Whether the text occurs, as a cell or within one. Up to a tenth of the time that `in` takes."""
    at = -1
    for _ in range(len(part) // BYTES_A_QUOTE):
        at = part.find(b'"', at + 1)
        if at < 0 or part.startswith(_IN_QUOTES, at):
            return at >= 0
    return _has_among_many(part, at + 1)


def _has_among_many(part: bytes, begin: int) -> bool:
    found, further = np.frombuffer(part, np.uint8), len(_IN_QUOTES) - 1
    for start in range(begin, len(part), SEARCHED):
        some = found[start : start + SEARCHED + further]
        quotes = np.flatnonzero(some[:-further] == QUOTE)
        likely = quotes[(some[quotes + further] == QUOTE) & (some[quotes + 1] == _IN_QUOTES[1])]
        if any(part.startswith(_IN_QUOTES, start + at) for at in likely.tolist()):
            return True
    return False


def _parsed(part: bytes, header: list[str], columns: list[str] | None) -> pl.DataFrame:
    """Nulls and quoted empty cells are None, missing and unquoted empty ones "": so they are told apart here."""
    try:
        return _parse(part, columns)
    except pl.exceptions.ComputeError as error:
        raise _explained(part, header) from error


def _parse(part: bytes, columns: list[str] | None = None) -> pl.DataFrame:
    return pl.read_csv(part, columns=columns, infer_schema=False, null_values=[NULL, ""], empty_string_is_null=False)


def _without_blank_lines(part: bytes, header: list[str]) -> pl.DataFrame:
    records = find_records(part)
    if (ragged := records.ragged(len(header))).size:
        raise _ragged(records, int(ragged[0]), header)
    everything = _parsed(part, header, None)
    return everything.filter(~pl.all_horizontal(pl.all() == "").fill_null(value=False))


def _without_empty_text(frame: pl.DataFrame, *, shielded: bool) -> pl.DataFrame:
    empty = frame.select((pl.all().str.len_bytes() == 0).any())
    frame = frame.with_columns(
        pl.when(pl.col(name) != "").then(pl.col(name)) for name in empty.columns if empty[name][0]
    )
    if shielded:
        frame = frame.with_columns(pl.all().replace(f"{_SHIELD}{NULL}", NULL))
    return frame


def _explained(part: bytes, header: list[str]) -> Malformed:
    """Which record the parser could not read: halves are read until one is left."""
    records = find_records(part)
    names = part[: records.start(1)]
    good, bad = 1, len(records.ends)  # what ends before record `good` is readable, what ends with `bad` is not
    while bad - good > 1:
        middle = (good + bad) // 2
        try:
            _parse(names + part[records.start(good) : records.start(middle)])
            good = middle
        except pl.exceptions.ComputeError:
            bad = middle
    return _broken(part, records, good, header)


def _broken(part: bytes, records: Records, number: int, header: list[str]) -> Malformed:
    if (
        records.cells[number] != len(header)
        and part.count(b'"', records.start(number), records.start(number + 1)) % 2 == 0
    ):
        return _ragged(records, number, header)
    try:
        part[records.start(number) : records.start(number + 1)].decode()
    except UnicodeDecodeError:
        return Malformed(f"Line {records.lines[number]} of the extract is not UTF-8.")
    return Malformed(
        f"The record on line {records.lines[number]} of the extract has a quote that is neither doubled nor the end "
        "of its cell, or one that is never closed."
    )


def _ragged(records: Records, number: int, header: list[str]) -> Malformed:
    return Malformed(
        f"The record on line {records.lines[number]} of the extract has {records.cells[number]} cells; "
        f"the header has {len(header)}."
    )
