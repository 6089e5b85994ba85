"""What marketing cost, by day, channel and campaign: read from a table as people export it, all of it or none."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from touchline.domain.money import read_amount, read_currency
from touchline.domain.rejection import Refused
from touchline.errors import InvalidRequest, InvalidSpend, TooLarge

SPEND_ACTION: Final = "spend_recorded"
REQUIRED: Final = ("date", "amount", "currency")
OPTIONAL: Final = ("channel", "campaign")
COLUMNS: Final = (*REQUIRED, *OPTIONAL)
MOST_LINES: Final = 50_000
MOST_BYTES: Final = 4 * 1024 * 1024
LONGEST_TEXT: Final = 300
NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Spend:
    """What one line says. `channel` and `campaign` are kept as written, and None where there is nothing."""

    day: date
    channel: str | None
    campaign: str | None
    amount_e4: int
    currency: str

    def document(self) -> dict[str, Any]:
        """As an event would say it, for filters."""
        context = {"channel": self.channel, "campaign": self.campaign}
        return {
            "action": SPEND_ACTION,
            "context": {name: text for name, text in context.items() if text is not None},
            "value": {"amount_e4": self.amount_e4, "currency": self.currency},
        }


@dataclass(frozen=True, slots=True)
class SpendSheet:
    name: str
    uploaded_at: int  # epoch ms
    lines: tuple[Spend, ...]


# Line (as a spreadsheet counts: the header is line 1), column, reason.
type Fault = tuple[int, str, str]


def check_name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise InvalidRequest(
            "A sheet's name has 1 to 64 of a–z, 0–9, dot, hyphen and underscore, and begins with a letter or digit.",
            field="name",
        )
    return name


def read_spend(body: bytes) -> tuple[Spend, ...]:
    """Comma, semicolon or tab between columns. Raises InvalidSpend with every faulty line, TooLarge."""
    if len(body) > MOST_BYTES:
        raise TooLarge(f"A sheet has at most {MOST_BYTES:,} bytes; split it by month, each under a name of its own.")
    text = _decoded(body)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    faults: list[Fault] = []
    found: list[Spend | None] = []
    places: dict[str, int] = {}
    for number, cells in _lines(table, faults):
        if not places:
            places = _header(cells)
            continue
        if len(found) >= MOST_LINES:
            raise TooLarge(f"A sheet has at most {MOST_LINES:,} lines; split it, each part under a name of its own.")
        found.append(_line(number, cells, places, faults))
    if not places:
        raise InvalidSpend([(1, "", f"There is no header. It names the columns: {', '.join(COLUMNS)}.")])
    if faults:
        raise InvalidSpend(faults)
    return tuple(line for line in found if line is not None)


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise InvalidSpend([(line, "", "This is not UTF-8. Save the table as CSV UTF-8.")]) from error


def _delimiter(text: str) -> str:
    header = text.lstrip().partition("\n")[0]
    return max(",;\t", key=header.count)


def _lines(table: Any, faults: list[Fault]) -> Iterator[tuple[int, list[str]]]:
    """Lines that are not empty, with their number in the file."""
    begins = 1
    try:
        for cells in table:
            if any(cell.strip() for cell in cells):
                yield begins, [cell.strip() for cell in cells]
            begins = table.line_num + 1
    except csv.Error as error:
        faults.append((begins, "", f"The line cannot be read: {error}. Is a quotation mark not closed?"))


def _header(cells: list[str]) -> dict[str, int]:
    names = [cell.lower() for cell in cells]
    wrong = [name for name in names if name not in COLUMNS]
    faults = [(1, name[:64], f"No such column. Columns: {', '.join(COLUMNS)}.") for name in wrong]
    faults += [(1, name, "The column is there twice.") for name in COLUMNS if names.count(name) > 1]
    faults += [(1, name, "The column is missing.") for name in REQUIRED if name not in names]
    if faults:
        raise InvalidSpend(faults)
    return {name: place for place, name in enumerate(names)}


def _line(number: int, cells: list[str], places: dict[str, int], faults: list[Fault]) -> Spend | None:
    if len(cells) != len(places):
        faults.append((number, "", f"The line has {len(cells)} columns, the header {len(places)}."))
        return None
    before = len(faults)

    def column[Value](name: str, read: Callable[[str], Value]) -> Value | None:
        text = cells[places[name]] if name in places else ""
        try:
            return read(text)
        except Refused as refused:
            faults.append((number, name, refused.rejection.reason))
        except ValueError as error:
            faults.append((number, name, str(error)))
        return None

    day, amount = column("date", _day), column("amount", _amount)
    currency = column("currency", lambda text: read_currency(text, "currency"))
    channel, campaign = column("channel", _text), column("campaign", _text)
    if len(faults) > before or day is None or amount is None or currency is None:
        return None
    return Spend(day, channel, campaign, amount, currency)


def _day(text: str) -> date:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        raise ValueError("The date must be written as 2026-11-22.")
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise ValueError("There is no such day.") from error
    if not 1970 <= found.year < 2200:
        raise ValueError("The year must lie between 1970 and 2199.")
    return found


def _amount(text: str) -> int:
    if "," in text:
        raise ValueError("The amount has a comma; write 1234.50: a dot before the decimals, and nothing else.")
    return read_amount(text, "amount")


def _text(text: str) -> str | None:
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"At most {LONGEST_TEXT} characters.")
    return text or None
