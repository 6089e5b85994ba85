"""A table of spend is read whole, or told line by line why not."""

import csv
import io
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.spend import MOST_LINES, Spend, read_spend
from touchline.errors import InvalidSpend, TooLarge

DAY = date(2026, 11, 1)
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20).map(str.strip)


def faults(table: str | bytes) -> list[tuple[int, str, str]]:
    with pytest.raises(InvalidSpend) as refused:
        read_spend(table if isinstance(table, bytes) else table.encode())
    return refused.value.faults


def test_a_sheet_as_a_spreadsheet_exports_it() -> None:
    table = "\ufeffDate;Channel;Campaign;Amount;Currency\r\n2026-11-01;email;autumn;1234.50;eur\r\n\r\n"
    table += "2026-11-01;;;0;USD\r\n"
    assert read_spend(table.encode()) == (
        Spend(DAY, "email", "autumn", 12_345_000, "EUR"),
        Spend(DAY, None, None, 0, "USD"),
    )


@given(
    st.permutations(["date", "channel", "campaign", "amount", "currency"]),
    st.lists(st.tuples(TEXT, TEXT, st.integers(-(10**9), 10**12), st.sampled_from(["EUR", "USD"]))),
    st.sampled_from(",;\t"),
)
def test_what_is_written_is_read_in_any_order_of_columns(
    columns: list[str], rows: list[tuple[str, str, int, str]], delimiter: str
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(columns)
    for channel, campaign, e4, currency in rows:
        whole, part = divmod(abs(e4), 10_000)
        cells = {
            "date": "2026-11-01",
            "channel": channel,
            "campaign": campaign,
            "amount": f"{'-' if e4 < 0 else ''}{whole}.{part:04}",
            "currency": currency,
        }
        writer.writerow([cells[name] for name in columns])
    expected = tuple(Spend(DAY, one or None, other or None, e4, currency) for one, other, e4, currency in rows)
    assert read_spend(out.getvalue().encode()) == expected


def test_every_faulty_line_is_told_and_nothing_is_taken() -> None:
    table = (
        "date,amount,currency,channel\n"
        "2026-11-01,5,EUR,email\n"
        "01.11.2026,5,EUR,email\n"
        "2026-02-30,5,EUR,email\n"
        '2026-11-01,"1,50",EUR,email\n'
        "2026-11-01,a lot,Euro,email\n"
        "2026-11-01,5\n"
        f"2026-11-01,5,EUR,{'x' * 301}\n"
    )
    found = faults(table)
    assert [(line, column) for line, column, _ in found] == [
        (3, "date"),
        (4, "date"),
        (5, "amount"),
        (6, "amount"),
        (6, "currency"),
        (7, ""),
        (8, "channel"),
    ]
    assert "2026-11-22" in found[0][2]
    assert "no such day" in found[1][2]
    assert "a dot before the decimals" in found[2][2]


@pytest.mark.parametrize(
    ("table", "line", "column", "hint"),
    [
        ("", 1, "", "no header"),
        ("date,amount\n", 1, "currency", "missing"),
        ("date,amount,currency,medium\n", 1, "medium", "Columns: date, amount, currency, channel, campaign"),
        ("date,amount,currency,date\n", 1, "date", "twice"),
        ('date,amount,currency\n2026-11-01,"5,EUR\n', 2, "", "quotation mark"),
        (b"date,amount,currency\n2026-11-01,5,\xff\n", 2, "", "UTF-8"),
    ],
)
def test_what_is_no_table_says_where(table: str | bytes, line: int, column: str, hint: str) -> None:
    (found,) = faults(table)
    assert found[:2] == (line, column)
    assert hint in found[2]


def test_a_line_in_quotation_marks_counts_the_lines_of_the_file() -> None:
    table = 'date,amount,currency,campaign\n2026-11-01,5,EUR,"two\nlines"\n2026-11-01,x,EUR,y\n'
    assert [line for line, _, _ in faults(table)] == [4]


def test_a_sheet_that_is_too_long_says_what_would_work() -> None:
    with pytest.raises(TooLarge, match="split it"):
        read_spend(b"date,amount,currency\n" + b"2026-11-01,5,EUR\n" * (MOST_LINES + 1))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with suppress(InvalidSpend):
        assert all(isinstance(line, Spend) for line in read_spend(body))
