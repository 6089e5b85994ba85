"""The project's pages, as tests read them: their tables, and the bodies that their curl lines send."""

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
REFERENCE = ROOT / "docs" / "reference"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

# A request to $API with a body: its path, and the body between single quotes.
SENT = re.compile(r"""curl [^\n]*"\$API(?P<path>/[^"]+)"[^\n]* -d '(?P<body>[^']+)'""")
JSON_BLOCK = re.compile(r"^```json\n(.*?)^```", re.MULTILINE | re.DOTALL)


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def table(page: str, first_column: str) -> list[dict[str, str]]:
    """Rows of all the reference page's tables whose first column is so named, by column."""
    found: list[dict[str, str]] = []
    columns: list[str] = []
    for line in read(REFERENCE / page).splitlines():
        cells = [cell.strip() for cell in line[1:-1].split("|")] if line.startswith("|") else []
        if not cells or set("".join(cells)) <= set("- "):
            columns = columns if cells else []
        elif not columns:
            columns = cells
        elif columns[0] == first_column:
            found.append(dict(zip(columns, cells, strict=True)))
    return found


def words(cell: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", cell)


def word(cell: str) -> str:
    (only,) = words(cell)
    return only


def bodies(page: Path) -> list[tuple[str, Any]]:
    """Path and body of each request that a page shows."""
    return [(found["path"], json.loads(found["body"])) for found in SENT.finditer(read(page))]


def json_blocks(page: Path) -> list[Any]:
    return [json.loads(block) for block in JSON_BLOCK.findall(read(page))]
