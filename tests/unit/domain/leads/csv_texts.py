"""CSV as Marketo writes it, with whatever cells may hold, and what Python's own reader says is in it."""

import csv
import io

from hypothesis import strategies as st

# What breaks readers, in reach of one another; CR stands in quotes only, for Marketo's lines end with LF.
HOSTILE = [
    "",
    "null",
    "a",
    ",",
    '"',
    '""',
    "\n",
    "\n\n",
    "\r",
    "\r\n",
    "\0",
    "\u2028",
    "ü",
    "日本",
    " ",
    "\ufeff",
    "'",
    "=1",
]
cells = st.lists(st.sampled_from(HOSTILE), max_size=4).map("".join)


def tables(columns: int = 3, most: int = 12) -> st.SearchStrategy[list[list[str]]]:
    return st.lists(st.lists(cells, min_size=columns, max_size=columns), max_size=most)


def written(header: list[str], rows: list[list[str]], *, line_end: str = "\n", last_line_end: bool = True) -> bytes:
    """Every cell in quotes, unless it is no more than letters; so is `null`, which is text here."""
    lines = [",".join(header), *(",".join(map(cell, row)) for row in rows)]
    return (line_end.join(lines) + (line_end if last_line_end else "")).encode()


def cell(text: str) -> str:
    return text if text.isalnum() and text != "null" else '"' + text.replace('"', '""') + '"'


def read_by_python(text: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.decode(), newline="")))
