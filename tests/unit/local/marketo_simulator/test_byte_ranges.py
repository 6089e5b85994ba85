from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.marketo_simulator.byte_ranges import Span, Unsatisfiable, read_range, without_last_byte


@given(st.binary(min_size=1), st.lists(st.integers(0, 200)))
def test_any_partition_put_together_is_the_file(file: bytes, cuts: list[int]) -> None:
    edges = sorted({0, len(file), *(cut for cut in cuts if cut < len(file))})
    parts = [read_range(f"bytes={start}-{end - 1}", len(file)) for start, end in pairwise(edges)]
    assert b"".join(file[part.start : part.end] for part in parts if part) == file


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-9999", Span(0, 10_000, 123_424)),
        ("bytes=0-0", Span(0, 1, 123_424)),
        ("bytes=123000-", Span(123_000, 123_424, 123_424)),
        ("bytes=123000-999999", Span(123_000, 123_424, 123_424)),
        ("bytes=-24", Span(123_400, 123_424, 123_424)),
        ("Bytes = 5 - 6", Span(5, 7, 123_424)),
    ],
)
def test_every_form_of_one_range(header: str, span: Span) -> None:
    assert read_range(header, 123_424) == span


def test_the_range_is_told_as_marketo_tells_it() -> None:
    assert Span(0, 10_000, 123_424).content_range == "bytes 0-9999/123424"


@pytest.mark.parametrize(
    "header", [None, "", "bytes=", "bytes=-", "bytes=9-3", "bytes=0-1,5-6", "items=0-1", "nonsense"]
)
def test_what_is_no_single_range_asks_for_the_whole(header: str | None) -> None:
    assert read_range(header, 10) is None


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=10-", 10), ("bytes=10-12", 10), ("bytes=-0", 10), ("bytes=-5", 0)]
)
def test_a_range_behind_the_end_cannot_be_had(header: str, size: int) -> None:
    with pytest.raises(Unsatisfiable):
        read_range(header, size)


def test_the_old_bug_drops_one_byte() -> None:
    assert without_last_byte(Span(0, 100, 200)) == Span(0, 99, 200)
    assert without_last_byte(Span(5, 5, 200)) == Span(5, 5, 200)
