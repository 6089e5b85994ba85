"""What a benchmark reports, the same way for all: a row for each figure, on the terminal, as JSON and in the docs."""

import json
import platform
import re
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

DOCUMENT = Path("docs/benchmarks.md")
HEAD = "# Benchmarks\n\nEach section is written by `./dev bench NAME`, rivals measured in the same run.\n"


@dataclass(frozen=True, slots=True)
class Row:
    """One measured figure; `ratio` is value / rival_value; `met` is None where nothing was to be reached."""

    what: str
    value: float
    unit: str
    rival: str = ""
    rival_value: float | None = None
    ratio: float | None = None
    reach: str = ""
    met: bool | None = None


@dataclass
class Report:
    name: str
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(
        self,
        what: str,
        value: float,
        unit: str,
        *,
        rival: str = "",
        rival_value: float | None = None,
        reach: str = "",
        met: bool | None = None,
    ) -> None:
        ratio = value / rival_value if rival_value else None
        self.rows.append(Row(what, value, unit, rival, rival_value, ratio, reach, met))

    def note(self, text: str) -> None:
        """A sentence under the table: conditions, or what was tried where a figure is missed."""
        self.notes.append(text)

    def print(self) -> None:
        table = Table(*COLUMNS, title=self.name)
        for row in self.rows:
            table.add_row(*_cells(row))
        Console().print(table, *self.notes, sep="\n")

    def write_json(self, path: Path) -> None:
        path.write_text("".join(json.dumps({"benchmark": self.name, **asdict(row)}) + "\n" for row in self.rows))

    def write_section(self, document: Path = DOCUMENT) -> None:
        """Replace this benchmark's section, between its markers; a new one goes to the end."""
        start, end = f"<!-- {self.name} -->", f"<!-- /{self.name} -->"
        section = f"{start}\n{self._markdown()}\n{end}"
        text = document.read_text() if document.exists() else HEAD
        if start in text:
            text = re.sub(f"{re.escape(start)}.*?{re.escape(end)}", lambda _: section, text, flags=re.DOTALL)
        else:
            text = f"{text.rstrip()}\n\n{section}\n"
        document.write_text(text)

    def _markdown(self) -> str:
        day = datetime.now(UTC).date()
        lines = [f"## {self.name}", "", f"{day}, {platform.machine()}, Python {platform.python_version()}.", ""]
        lines += [f"| {' | '.join(COLUMNS)} |", "|" + " --- |" * len(COLUMNS)]
        lines += [f"| {' | '.join(_cells(row))} |" for row in self.rows]
        return "\n".join(lines + [line for note in self.notes for line in ("", note)])


COLUMNS = ("what", "value", "unit", "against", "its value", "ratio", "reach", "met")


def _cells(row: Row) -> list[str]:
    met = {True: "yes", False: "no", None: ""}[row.met]
    rival_value = "" if row.rival_value is None else _number(row.rival_value)
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    return [row.what, _number(row.value), row.unit, row.rival, rival_value, ratio, row.reach, met]


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
