"""Prints the answers for people: tables, and bars as long as the numbers."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from local.demo.questions import Answered
from local.demo.sending import Books
from local.demo.story import Told
from local.sample_data import SampleData

BAR_WIDTH = 32
EIGHTHS = " ▏▎▍▌▋▊▉"


def print_books(books: Books, data: SampleData, searchable: int, console: Console) -> None:
    totals = data.totals
    if totals is None:
        raise ValueError("the sample data was not sent to its end")
    console.rule("[bold]What was sent, and what became of it")
    reasons = ", ".join(f"{reason} {number}" for reason, number in sorted(books.reasons.items()))
    balanced = searchable == totals.distinct
    rows = {
        "sent": f"{totals.sent:,} events in {books.requests:,} requests",
        "accepted": f"{books.accepted:,}",
        "sent twice": f"{totals.sent - totals.bad - totals.distinct:,}, each counted once"
        + (f" ({books.duplicates:,} within a request)" if books.duplicates else ""),
        "rejected": f"{books.rejected:,}: {reasons}",
        "different events": f"{totals.distinct:,}",
        "searchable": f"{searchable:,}" + ("" if balanced else "  [bold red]the books do not balance[/]"),
    }
    for name, row in rows.items():
        console.print(f"{name:<17} {row}")


def print_answers(answers: Iterable[Answered], console: Console) -> None:
    for answered in answers:
        console.print()
        console.rule(f"[bold]{answered.question.title}", align="left")
        console.print(_table(answered))
        console.print(f"[dim]{_footnote(answered.answer)}[/]")


def print_story(story: Iterable[Told], console: Console) -> None:
    for told in story:
        console.print()
        console.rule(f"[bold]{told.title}", align="left")
        heading, *rows = told.rows
        table = Table(*heading, box=None, padding=(0, 2, 0, 0), header_style="dim")
        for row in rows:
            table.add_row(*row)
        console.print(table)
        console.print(told.sentence)
        console.print(f"[dim]{told.definition}[/]")


def print_next_steps(api_url: str, keys: Path, console: Console) -> None:
    console.print()
    console.rule("[bold]Go on with curl")
    console.print(f"API='{api_url}'", soft_wrap=True)
    console.print(
        f"key() {{ python3 -c \"import json; print(json.load(open('{keys}'))['keys']['$1'])\"; }}", soft_wrap=True
    )
    console.print(
        'curl -H "Authorization: Bearer $(key ingest)" "$API/v1/events" -d '
        """'{"id":"hello-1","action":"page_viewed","actor":{"id":"me"}}'""",
        soft_wrap=True,
    )
    console.print('curl -H "Authorization: Bearer $(key read)" "$API/v1/events?limit=3"', soft_wrap=True)
    console.print('curl -H "Authorization: Bearer $(key read)" "$API/v1/status"', soft_wrap=True)
    console.print('curl -H "Authorization: Bearer $(key admin)" "$API/v1/rejected-events?limit=3"', soft_wrap=True)


def _table(answered: Answered) -> Table:
    rows = list(SHAPES[answered.question.shape](answered.answer))
    longest = max((size(value) for _, value in rows), default=0)
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for label, value in rows:
        table.add_row(label, text(value), f"[cyan]{bar(size(value), longest)}[/]")
    return table


def _buckets(answer: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for bucket, value in zip(answer["buckets"], answer["series"][0]["values"], strict=True):
        yield bucket["from"][:10] + ("" if bucket["complete"] else " …"), value


def _comparison(answer: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    before = answer["comparison"]["series"][0]
    yield f"{answer['range']['from'][:10]} on", answer["series"][0]["total"]
    yield f"{answer['comparison']['range']['from'][:10]} on", before["total"]


SHAPES = {"buckets": _buckets, "comparison": _comparison}


def _footnote(answer: dict[str, Any]) -> str:
    accuracy = answer["accuracy"]
    exact = "Exact." if accuracy["exact"] else f"An estimate: {accuracy['bound']}."
    changed = ""
    if "comparison" in answer:
        change = answer["comparison"]["series"][0]["total_change"]
        changed = f" Change: {change:+.1%}." if change is not None else " No change: the base is 0."
    return f"{answer['definition']} {exact}{changed}"


def text(value: Any) -> str:
    """A number, or an amount in each currency."""
    if isinstance(value, dict):
        return "   ".join(f"{currency} {text(part)}" for currency, part in value.items()) or "–"
    if value is None:
        return "–"
    return f"{float(value):,.2f}" if isinstance(value, str) else f"{value:,}"


def size(value: Any) -> float:
    """How long its bar is; amounts of different currencies have none, as they cannot be added."""
    return float(value) if isinstance(value, int | float) else 0.0


def bar(value: float, longest: float) -> str:
    if longest <= 0:
        return ""
    eighths = round(max(value, 0) / longest * BAR_WIDTH * 8)
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()
