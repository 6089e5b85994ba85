"""CSV that every reader reads back as it was, and no spreadsheet runs."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st
from query_api.csv_tables import NUMBER, RUN, write_csv
from query_api.kind import AnswerTable

CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
    st.sampled_from(["=1+1", "+1", "-1.5", "@SUM(A1)", "\t=1", "－2", "a,b", 'say "x"', "two\r\nlines"]),
    st.just("-1+cmd|' /C calc'!A0"),
)  # fmt: skip


def written(rows: list[list[object]]) -> str:
    file = io.StringIO(newline="")
    write_csv(AnswerTable("t", ("a", "b"), rows), file)  # type: ignore[arg-type]
    return file.getvalue()


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=20))
def test_a_reader_gets_back_what_was_written(rows: list[list[object]]) -> None:
    read = list(csv.reader(io.StringIO(written(rows), newline=""), strict=True))
    assert read[0] == ["a", "b"]
    assert len(read) == len(rows) + 1
    for got, sent in zip(read[1:], rows, strict=True):
        for cell, value in zip(got, sent, strict=True):
            if isinstance(value, str):
                assert cell in {value, f"'{value}"}
            elif isinstance(value, bool):
                assert cell == str(value).lower()
            else:
                assert cell == ("" if value is None else str(value))


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=20))
def test_no_cell_begins_as_a_formula(rows: list[list[object]]) -> None:
    for row in csv.reader(io.StringIO(written(rows), newline="")):
        for cell in row:
            assert not cell.startswith(RUN) or NUMBER.fullmatch(cell)


def test_a_negative_number_stays_one_and_a_formula_does_not() -> None:
    assert written([["-12.50", "-1+2"], [-3, "=1"]]) == "a,b\r\n-12.50,'-1+2\r\n-3,'=1\r\n"
