"""What is read is what Python's own reader finds, and what is broken is named by its line."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.leads import extract, records
from touchline.domain.leads.extract import ExtractPart, read_header, read_leads, read_part
from touchline.errors import Malformed

from tests.unit.domain.leads.csv_texts import read_by_python, tables, written

HEADER = ["id", "firstName", "notes"]


@given(tables(), st.sampled_from(["\n", "\r\n"]))
def test_cells_are_what_pythons_reader_finds(rows: list[list[str]], line_end: str) -> None:
    text = written(HEADER, rows, line_end=line_end, last_line_end=len(rows) % 2 == 0)
    found = read_part(text)
    assert found.columns == HEADER
    assert [list(row) for row in found.rows()] == [[value or None for value in row] for row in read_by_python(text)[1:]]


@given(tables(), st.lists(st.sampled_from(HEADER), unique=True, min_size=1))
def test_some_columns_are_those_of_all(rows: list[list[str]], columns: list[str]) -> None:
    text = written(HEADER, rows)
    assert read_part(text, columns).equals(read_part(text).select(columns))


@given(tables(), st.sampled_from(["\n", "\r\n"]), st.data())
def test_some_records_are_those_of_all(rows: list[list[str]], line_end: str, data: st.DataObject) -> None:
    text = written(HEADER, rows, line_end=line_end, last_line_end=len(rows) % 2 == 0)
    everything = read_part(text)
    numbers = np.flatnonzero([data.draw(st.booleans()) for _ in range(everything.height)])
    assert ExtractPart(lambda: text).records(numbers).equals(everything[numbers])


def test_records_are_found_whatever_lies_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    text = b'id,notes\n\n1,"a\nb"\r\n\r\n2,"x ""y"" z"\n3,\n\n4,null'
    for step in (1, 2, 3, 5, 1 << 20):
        monkeypatch.setattr(records, "SEARCHED", step)
        found = ExtractPart(lambda: text).records(np.array([0, 1, 3]))
        assert found.rows() == [("1", "a\nb"), ("2", 'x "y" z'), ("4", None)]
    assert ExtractPart(lambda: text).records(np.array([], np.int64)).shape == (0, 2)


def test_a_broken_record_is_named_by_its_line_also_where_others_are_left_out() -> None:
    with pytest.raises(Malformed, match="line 4"):
        ExtractPart(lambda: b"id,a\n1,x\n2,y\n3,y,z\n").records(np.array([2]))


def test_a_quoted_null_is_found_wherever_a_step_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    text = b'id,name,last\n1,"null",null\n2,"nulls","full"\n'
    for step in (*range(1, len(text) + 1), 1 << 20):
        monkeypatch.setattr(extract, "SEARCHED", step)
        assert read_part(text).rows() == [("1", "null", None), ("2", "nulls", "full")]


@pytest.mark.parametrize("quotes", [0, 1, 2, 3, 40])
@pytest.mark.parametrize("bytes_a_quote", [1, 10, 30, 1 << 20])
def test_a_quoted_null_is_found_behind_few_quotes_and_many(
    quotes: int, bytes_a_quote: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extract, "BYTES_A_QUOTE", bytes_a_quote)
    before = "".join(f'{n},"a",b\n' for n in range(quotes))
    last = {'"null"': "null", "null": None, '"nul"': "nul"}
    for cell, said in last.items():
        assert read_part(f"id,name,last\n{before}9,x,{cell}\n".encode()).rows()[-1] == ("9", "x", said)


def test_an_unquoted_null_is_nothing_and_somebody_may_be_called_so() -> None:
    text = b'id,firstName,lastName\n1,null,"null"\n2,,""\n3,"""null""","x,""null"",y"\n4,Null, null\n5,"null",null'
    assert read_part(text).rows() == [
        ("1", None, "null"),
        ("2", None, None),
        ("3", '"null"', 'x,"null",y'),
        ("4", "Null", " null"),
        ("5", "null", None),
    ]


def test_line_breaks_of_every_kind_survive_inside_cells() -> None:
    text = 'id,notes\n1,"a\r\nb\n\n\nc\rd"\n2,x\ry\n3,x\u2028y\n4,x\0y\n'.encode()
    assert read_part(text)["notes"].to_list() == ["a\r\nb\n\n\nc\rd", "x\ry", "x\u2028y", "x\0y"]


def test_blank_lines_between_records_are_left_out() -> None:
    assert read_part(b"id,a\n\n1,x\n\r\n2,\n\n").rows() == [("1", "x"), ("2", None)]
    assert read_part(b"id,a\n1,x\n\n2,\n", ["a"]).rows() == [("x",), (None,)]


def test_a_byte_order_mark_is_no_part_of_a_name() -> None:
    assert read_part(b"\xef\xbb\xbfid,a\n1,x\n").columns == ["id", "a"]


@pytest.mark.parametrize("text", [b"id,a", b"id,a\n", b'"id","a"\n'])
def test_a_header_alone_is_no_records(text: bytes) -> None:
    assert read_part(text).shape == (0, 2)
    assert read_header(text) == ["id", "a"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b"", "not even a header"),
        (b"id,a,id\n1,2,3\n", "the column 'id' twice"),
        (b"id,,b\n1,2,3\n", "Column 2 of the extract has no name"),
        (b"id,\xff\n1,2\n", "Line 1 of the extract is not UTF-8"),
        (b"id,a\n1,x\n2\n3,y\n", "line 3 of the extract has 1 cells; the header has 2"),
        (b'id,a\n1,"x\n\ny"\n2\n3,y\n', "line 5 of the extract has 1 cells"),
        (b"id,a\n1,x\n2,y,z\n3,w\n", "line 3 of the extract has 3 cells"),
        (b"id,a\n1,x\n2,\xffy\n3,w\n", "Line 3 of the extract is not UTF-8"),
        (b'id,a\n1,x\n2,"y"z\n3,w\n', "line 3 of the extract has a quote that is neither doubled"),
        (b'id,a\n1,x\n2,"y"z"\n3,w\n', "line 3 of the extract has a quote"),
        (b'id,a\n1,x\n2,"y\n3,w\n', "line 3 of the extract has a quote"),
    ],
)
def test_what_is_broken_is_named_by_its_line_and_never_quoted(text: bytes, what: str) -> None:
    with pytest.raises(Malformed, match=what) as refused:
        read_part(text)
    assert not set("xyzw") & set(str(refused.value).replace("extract", "").split("'"))


def test_a_broken_record_among_many_is_found() -> None:
    good = b'7,"a\nb"\n' * 20_000
    with pytest.raises(Malformed, match="line 40002 of"):
        read_part(b"id,a\n" + good + b'8,"x"y\n' + good)


def test_a_column_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(Malformed, match=r"no column 'email'\. It has: id, a"):
        read_part(b"id,a\n1,2\n", ["id", "email"])


def test_ids_are_numbers() -> None:
    assert read_leads(b"id,a\n9007199254740993,x\n")["id"].to_list() == [9007199254740993]


@pytest.mark.parametrize("bad", [b"null", b"x", b"1.5", b"", b"99999999999999999999"])
def test_a_lead_without_an_id_is_named_by_its_line(bad: bytes) -> None:
    with pytest.raises(Malformed, match="Line 5 of the extract has no id"):
        read_leads(b'id,a\n\n1,"x\ny"\n' + bad + b",y\n")
