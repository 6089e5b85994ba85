"""Parts are cut between records whatever the bytes and however they come, and together they are the extract."""

import hashlib
import json
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from touchline.domain.leads.splitting import LARGEST_RECORD, Part, SplitState, Splitter, sha256_of_extract
from touchline.errors import Malformed

from tests.unit.domain.leads.csv_texts import read_by_python, tables, written

HEADER = ["id", "firstName", "notes"]
part_sizes = st.integers(1, 200)


def pieces(text: bytes, cuts: list[int]) -> Iterator[bytes]:
    places = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return (text[start:end] for start, end in pairwise(places))


def split(text: bytes, part_bytes: int, cuts: list[int] | None = None, state: SplitState | None = None) -> list[Part]:
    splitter = Splitter(state, part_bytes=part_bytes)
    found = [part for piece in pieces(text, cuts or []) for part in splitter.feed(piece)]
    return [*found, *splitter.finish()]


@given(tables(), part_sizes, st.lists(st.integers(0, 10_000)), st.sampled_from(["\n", "\r\n"]))
def test_parts_hold_the_records_that_pythons_reader_finds_in_the_whole(
    rows: list[list[str]], part_bytes: int, cuts: list[int], line_end: str
) -> None:
    text = written(HEADER, rows, line_end=line_end, last_line_end=part_bytes % 2 == 0)
    parts = split(text, part_bytes, cuts)
    read = [read_by_python(part.body) for part in parts]
    assert all(records[0] == HEADER for records in read)
    assert [record for records in read for record in records[1:]] == read_by_python(text)[1:] == rows
    assert sha256_of_extract([part.body for part in parts], parts[-1].after) == hashlib.sha256(text).hexdigest()


@given(tables(), part_sizes, st.lists(st.integers(0, 10_000)))
def test_the_same_parts_come_however_the_bytes_do(rows: list[list[str]], part_bytes: int, cuts: list[int]) -> None:
    text = written(HEADER, rows)
    assert split(text, part_bytes, cuts) == split(text, part_bytes)


@given(tables(), part_sizes, st.integers(0, 20))
def test_after_any_part_the_rest_can_be_cut_by_somebody_else(rows: list[list[str]], size: int, number: int) -> None:
    text = written(HEADER, rows)
    parts = split(text, size)
    reached = parts[number % len(parts)].after
    kept = SplitState.from_json(json.loads(json.dumps(reached.to_json())))
    assert split(text[kept.offset :], size, state=kept) == parts[reached.parts :]


@given(tables(), part_sizes)
def test_a_part_is_no_longer_than_asked_unless_it_holds_one_record(rows: list[list[str]], part_bytes: int) -> None:
    for part in split(written(HEADER, rows), part_bytes):
        # The rest is given as it is: it is what was too little for another part.
        assert len(part.body) <= part_bytes or len(read_by_python(part.body)) <= 2 or part.body.endswith(b"\n")


def test_parts_are_numbered_and_say_where_the_next_begins() -> None:
    text = b"id,a\n" + b"1,x\n" * 10
    parts = split(text, 15)
    assert [part.number for part in parts] == [0, 1, 2, 3, 4]
    assert [part.after.offset for part in parts] == [13, 21, 29, 37, 45]
    assert {part.body[:5] for part in parts} == {b"id,a\n"}


def test_nothing_is_no_part_and_a_header_alone_is_one_without_records() -> None:
    assert split(b"", 10) == []
    assert [part.body for part in split(b"id,a", 10)] == [b"id,a"]
    assert [part.body for part in split(b"id,a\n", 10)] == [b"id,a\n"]


def test_an_extract_that_ends_inside_quotes_was_cut_short() -> None:
    with pytest.raises(Malformed, match="cut short"):
        split(b'id,a\n1,"x', 1000)


def test_a_quote_that_is_never_closed_is_refused_before_memory_ends() -> None:
    splitter = Splitter(part_bytes=1_000_000)
    head = b'id,a\n1,x\n2,"never closed\n'
    fed = (part for piece in [head, *[b"3,x\n" * 250_000] * 20] for part in splitter.feed(piece))
    with pytest.raises(Malformed, match="byte 9 of the extract is longer"):
        list(fed)
    assert splitter.state.offset == 9


def test_a_header_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(Malformed, match="Line 1"):
        split(b"id,\xff\n1,2\n", 10)


def test_a_long_record_is_a_part_of_its_own() -> None:
    long = b'1,"' + b"x\n" * (LARGEST_RECORD // 4) + b'"\n'
    parts = split(b"id,a\n" + long + b"2,y\n", 1000, list(range(0, len(long), 100_000)))
    assert [len(part.body) for part in parts] == [5 + len(long), 9]
